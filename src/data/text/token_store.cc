#include "data/text/token_store.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <fmt/core.h>

#include "data/text/file_copy.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::text {

namespace {

constexpr const char* kJournal = "journal";
constexpr uint64_t kJournalBytes = uint64_t{1} << 30;

/// The lock of a folder, which the kernel frees when its holder ends, however it ends. A file
/// system that locks no folders gives none.
int lock_folder(FileSystem& file_system, const fs::path& folder) {
  for (;;) {
    file_system.make_directory(folder);
    Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() < 0 && errno == ENOENT) {
      continue;  // another job that came to its end has just removed it
    }
    if (descriptor.get() < 0) {
      throw_io(folder, "cannot be opened", errno);
    }
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw OutputError(fmt::format("{}: another process writes here", folder.string()),
                        "wait for that job, stop it, or name another output");
    }

    struct stat held {};

    struct stat there {};

    if (::fstat(descriptor.get(), &held) == 0 && ::stat(folder.c_str(), &there) == 0 &&
        held.st_ino == there.st_ino && held.st_dev == there.st_dev) {
      return descriptor.release();
    }
  }
}

/// A name that a TokenStore or what follows it gives: journal, s0000.bin, out.idx.
bool is_ours(const std::string& name) {
  const bool segment = name.size() == 9 && name[0] == 's' &&
                       name.find_first_not_of("0123456789", 1) == 5 &&
                       std::count(std::begin(TokenStore::kSuffixes),
                                  std::end(TokenStore::kSuffixes), name.substr(5)) == 1;
  return segment || name == kJournal || name.starts_with("out.");
}

}  // namespace

TokenStore::TokenStore(FileSystem& file_system, fs::path folder, const std::string& job,
                       bool resume)
    : file_system_(file_system),
      folder_(std::move(folder)),
      lock_(lock_folder(file_system, folder_)) {
  if (resume && load(job)) {
    journal_ = file_system_.append(folder_ / kJournal);
    journal_->write("\n", 1);  // ends a line that was torn by the kill
    hash_committed();
  } else {
    start_fresh(job);
  }
  open_segment();
}

bool TokenStore::belongs_to(FileSystem& file_system, const fs::path& folder,
                            const std::string& job) {
  const fs::path journal = folder / kJournal;
  return file_system.exists(journal) &&
         file_system.read_all(journal, kJournalBytes).starts_with(job + "\n");
}

bool TokenStore::load(const std::string& job) {
  if (!file_system_.exists(folder_ / kJournal)) {
    return false;
  }
  const std::vector<std::string> lines =
      split(file_system_.read_all(folder_ / kJournal, kJournalBytes), '\n');
  if (lines.empty() || lines[0] != job) {
    return false;
  }
  for (auto line = lines.rbegin(); line != lines.rend() - 1; ++line) {
    if (auto state = StoreState::parse(*line)) {
      state_ = std::move(*state);
      return segments_present(state_);
    }
  }
  return false;
}

bool TokenStore::segments_present(const StoreState& state) const {
  for (size_t i = 0; i < state.segments.size(); ++i) {
    for (size_t kind = 0; kind < 3; ++kind) {
      const fs::path file = path(i, kind);
      if (!file_system_.exists(file) ||
          static_cast<int64_t>(file_system_.size(file)) < state.segments[i].bytes[kind]) {
        return false;
      }
    }
  }
  return true;
}

void TokenStore::start_fresh(const std::string& job) {
  state_ = {};
  const std::vector<std::string> names = file_system_.list(folder_);
  const auto foreign = std::find_if_not(names.begin(), names.end(), is_ours);
  if (foreign != names.end()) {
    throw OutputError(
        fmt::format("{}: holds '{}', which preprocess did not make", folder_.string(), *foreign),
        "name another output, or move the folder away");
  }
  for (const std::string& name : names) {
    file_system_.remove(folder_ / name);
  }
  journal_ = file_system_.create(folder_ / kJournal);
  const std::string line = job + "\n";
  journal_->write(line.data(), line.size());
}

void TokenStore::open_segment() {
  const size_t segment = state_.segments.size();
  for (size_t kind = 0; kind < 3; ++kind) {
    file_system_.remove(path(segment, kind));  // left by a run that was killed before its commit
    files_[kind] = file_system_.create(path(segment, kind));
  }
  state_.segments.emplace_back();
  file_system_.sync_directory(folder_);
}

fs::path TokenStore::path(size_t segment, size_t kind) const {
  return folder_ / fmt::format("s{:04}{}", segment, kSuffixes[kind]);
}

void TokenStore::hash_committed() {
  for (size_t i = 0; i < state_.segments.size(); ++i) {
    for_each_block(file_system_, path(i, 0), state_.segments[i].bytes[0],
                   [this](const char* data, size_t size) { bin_hash_.update(data, size); });
  }
}

void TokenStore::append(const ChunkTokens& chunk) {
  std::vector<int64_t> ends;
  for (const int64_t position : chunk.breaks) {
    const int64_t end = state_.counts.sentences + position;
    if (end > state_.document_end) {
      ends.push_back(end);
      state_.document_end = end;
    }
  }
  const std::pair<const void*, size_t> parts[3] = {
      {chunk.bin.data(), chunk.bin.size()},
      {chunk.lengths.data(), chunk.lengths.size() * sizeof(int32_t)},
      {ends.data(), ends.size() * sizeof(int64_t)}};
  for (size_t kind = 0; kind < 3; ++kind) {
    files_[kind]->write(parts[kind].first, parts[kind].second);
    state_.segments.back().bytes[kind] += static_cast<int64_t>(parts[kind].second);
  }
  bin_hash_.update(chunk.bin.data(), chunk.bin.size());
  ++state_.chunks;
  state_.tokens += chunk.tokens;
  state_.counts.merge(chunk.counts);
  state_.counts.sentences += static_cast<int64_t>(chunk.lengths.size());
  state_.counts.documents += static_cast<int64_t>(ends.size());
}

void TokenStore::commit() {
  for (const auto& file : files_) {
    file->sync();
  }
  failpoint("preprocess.commit");
  const std::string line = state_.line() + "\n";
  journal_->write(line.data(), line.size());
  journal_->sync();
}

void TokenStore::finish() {
  commit();
  for (const auto& file : files_) {
    file->close();
  }
  journal_->close();
}

}  // namespace tpretrain::text
