#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/train/checkpoint.h"
#include "train/checkpoint/checksum_file.h"
#include "train/checkpoint/manifest.h"
#include "train/checkpoint/names.h"

namespace tpretrain {

/// Shared with the open files, which may outlive the writer.
struct CheckpointWriter::Files {
  std::set<std::string> open;
  std::vector<CheckpointFile> closed;

  void add(CheckpointFile file) {
    open.erase(file.name);
    closed.push_back(std::move(file));
  }
};

CheckpointWriter::CheckpointWriter(CheckpointStore& store, int64_t step)
    : store_(store),
      step_(step),
      scratch_(store.aside(step, "tmp")),
      target_(store.reader_.directory(step)),
      files_(std::make_shared<Files>()) {
  store_.file_system_.remove(scratch_);
  store_.file_system_.make_directory(scratch_);
}

CheckpointWriter::~CheckpointWriter() {
  if (!finished_) {
    discard();
  }
}

std::unique_ptr<OutputFile> CheckpointWriter::add_file(const std::string& name) {
  TP_ASSERT(valid_file_name(name));
  auto file = store_.file_system_.create(scratch_ / name);
  files_->open.insert(name);
  failpoint("checkpoint.file_created");
  return std::make_unique<ChecksumFile>(
      std::move(file), name,
      [files = files_](CheckpointFile record) { files->add(std::move(record)); });
}

std::vector<CheckpointFile> CheckpointWriter::files() const {
  return files_->closed;
}

void CheckpointWriter::adopt(const std::vector<CheckpointFile>& files) {
  for (const auto& file : files) {
    TP_ASSERT(valid_file_name(file.name));
    files_->add(file);
  }
}

void CheckpointWriter::write_manifest(const ManifestInfo& info) {
  Manifest manifest;
  static_cast<ManifestInfo&>(manifest) = info;
  manifest.step = step_;
  manifest.previous_step = store_.previous_step_;
  manifest.files = files_->closed;
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const std::string text = format_manifest(manifest);
  const auto file = store_.file_system_.create(scratch_ / kManifestName);
  failpoint("checkpoint.manifest_created");
  file->write(text.data(), text.size());
  failpoint("checkpoint.manifest_written");
  file->sync();
  failpoint("checkpoint.manifest_synced");
  file->close();
  failpoint("checkpoint.manifest_closed");
  store_.file_system_.sync_directory(scratch_);
  failpoint("checkpoint.directory_synced");
}

void CheckpointWriter::publish() {
  FileSystem& file_system = store_.file_system_;
  if (file_system.exists(target_)) {
    const fs::path bad = store_.aside(step_, "bad");
    file_system.remove(bad);
    file_system.rename(target_, bad);
    failpoint("checkpoint.moved_aside");
  }
  file_system.rename(scratch_, target_);
  renamed_ = true;
  failpoint("checkpoint.renamed");
  file_system.sync_directory(store_.directory_);
  finished_ = true;
  failpoint("checkpoint.parent_synced");
}

void CheckpointWriter::commit(const ManifestInfo& info) {
  TP_ASSERT(!finished_);
  if (!files_->open.empty()) {
    discard();
    throw IoError(fmt::format("the checkpoint of step {} was discarded: file '{}' is incomplete",
                              step_, *files_->open.begin()));
  }
  if (store_.file_system_.exists(target_) && !store_.reader_.verify(step_, CheckDepth::kChunks)) {
    discard();
    store_.warn(fmt::format("step {} already has a good checkpoint, which stays", step_));
    return;
  }
  try {
    write_manifest(info);
    publish();
    store_.committed(step_);
  } catch (Error& error) {
    error.add_context(finished_
                          ? fmt::format("after the checkpoint of step {} was committed", step_)
                          : fmt::format("while writing the checkpoint of step {}", step_));
    if (!finished_) {
      discard();
    }
    throw;
  }
}

void CheckpointWriter::discard() noexcept {
  finished_ = true;
  try {
    if (renamed_) {
      // The entry may or may not be durable. Under a scratch name it can never be half removed.
      store_.file_system_.rename(target_, scratch_);
      store_.good_.erase(step_);
    }
    store_.file_system_.remove(scratch_);
  } catch (const std::exception&) {
    // What stays behind is swept at the next start, or is a complete checkpoint.
  }
}

}  // namespace tpretrain
