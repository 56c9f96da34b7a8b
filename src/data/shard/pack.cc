#include "tpretrain/data/pack.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "data/items/picture_source.h"
#include "data/shard/shrink.h"
#include "data/shard/tar_writer.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace data {

namespace {

constexpr size_t kDigits = 6;
constexpr const char* kPartial = ".partial";
constexpr const char* kReplacing = ".replacing";

std::string extension_of(const std::string& image) {
  return image.starts_with("\xFF\xD8") ? "jpg" : image.starts_with("RIFF") ? "webp" : "png";
}

fs::path folder_of(const fs::path& output) {
  return fs::absolute(output).parent_path();
}

fs::path partial_of(const fs::path& shard) {
  return shard.string() + kPartial;
}

/// What earlier calls wrote under the same prefix: "<output>-000000" with one of the endings.
std::vector<fs::path> earlier_files(const fs::path& output,
                                    std::initializer_list<std::string_view> endings,
                                    FileSystem& files) {
  std::vector<fs::path> found;
  const fs::path folder = folder_of(output);
  const std::string stem = output.filename().string() + "-";
  for (const std::string& name : files.list(folder)) {
    const size_t digits = name.find_first_not_of("0123456789", stem.size());
    const bool ours =
        name.starts_with(stem) && digits != std::string::npos && digits >= stem.size() + kDigits;
    if (ours && std::count(endings.begin(), endings.end(), name.substr(digits)) > 0) {
      found.push_back(folder / name);
    }
  }
  return found;
}

fs::path shard_path(const fs::path& output, size_t shard) {
  return fmt::format("{}-{:0{}}.tar", output.string(), shard, kDigits);
}

/// Puts finished shards in the place of earlier ones. The earlier ones may be the source, and any
/// step may be the last one before the power fails: a note, `<output>.replacing`, says how many
/// shards there will be while they change, and whoever finds it only has to go on.
class Replacement {
 public:
  Replacement(const fs::path& output, FileSystem& files)
      : output_(output), note_(output.string() + kReplacing), files_(files) {}

  void begin(size_t shards) {
    files_.sync_directory(folder_of(output_));
    files_.replace(note_, std::to_string(shards));
    finish(shards);
  }

  /// What an earlier call was about to put in place, if it did not come to its end.
  std::optional<size_t> unfinished() const {
    if (!files_.exists(note_)) {
      return std::nullopt;
    }
    const auto shards = parse_integer(files_.read_all(note_, kNoteBytes));
    if (!shards || *shards < 1) {
      throw DataError(fmt::format("{}: is damaged", note_.string()),
                      "an earlier call did not end: rename what it left, *.tar.partial, by hand");
    }
    return static_cast<size_t>(*shards);
  }

  /// Any number of times, with the same outcome.
  void finish(size_t shards) {
    for (const fs::path& index : earlier_files(output_, {".tar.idx"}, files_)) {
      files_.remove(index);
    }
    std::set<fs::path> named;
    for (size_t shard = 0; shard < shards; ++shard) {
      const fs::path path = shard_path(output_, shard);
      named.insert(path.filename());
      if (files_.exists(partial_of(path))) {
        files_.rename(partial_of(path), path);
      }
    }
    for (const fs::path& path : earlier_files(output_, {".tar"}, files_)) {
      if (named.count(path.filename()) == 0) {
        files_.remove(path);
      }
    }
    files_.sync_directory(folder_of(output_));
    files_.remove(note_);
    files_.sync_directory(folder_of(output_));
  }

 private:
  static constexpr uint64_t kNoteBytes = 32;

  fs::path output_;
  fs::path note_;
  FileSystem& files_;
};

/// Errors: OutputError when shards are there that must not be replaced, or when an earlier call had
/// not come to its end, which is then done.
void make_room(const PackOptions& options, FileSystem& files) {
  files.make_directory(folder_of(options.output));
  Replacement replacement(options.output, files);
  if (const auto shards = replacement.unfinished()) {
    replacement.finish(*shards);
    throw OutputError(
        fmt::format("{}: an earlier call was interrupted while it replaced the shards; its {} "
                    "shards are in place now",
                    options.output.string(), *shards),
        "look at them, and run this call again if it is still wanted");
  }
  const auto earlier = earlier_files(options.output, {".tar", ".tar.idx"}, files);
  if (!earlier.empty() && !options.overwrite) {
    throw OutputError(fmt::format("{}: is already there", earlier.front().string()),
                      "choose another name, or replace the shards with --overwrite");
  }
  for (const fs::path& path : earlier_files(options.output, {".tar.partial"}, files)) {
    files.remove(path);
  }
}

class Packer {
 public:
  Packer(const PictureSource& source, const PackOptions& options, FileSystem& files)
      : source_(source), options_(options), files_(files) {}

  PackReport run(const PackProgressFn& progress) {
    make_room(options_, files_);
    for (int64_t index = 0; index < source_.items(); ++index) {
      if (auto item = load(index)) {
        add(*item);
      }
      if (progress) {
        progress(index + 1);
      }
    }
    close();
    if (report_.items == 0) {
      throw DataError(fmt::format("no item could be packed: {}", report_.places.front()));
    }
    Replacement(options_.output, files_).begin(report_.shards.size());
    return std::move(report_);
  }

 private:
  std::optional<StoredItem> load(int64_t index) {
    try {
      StoredItem item = source_.load(index);
      report_.shrunk += shrink(item, options_.max_side, source_.options().limits()) ? 1 : 0;
      return item;
    } catch (const DataError& error) {
      if (source_.bad_items() == BadItems::kError) {
        throw;
      }
      constexpr size_t kPlaces = 10;
      ++report_.skipped;
      if (report_.places.size() < kPlaces) {
        report_.places.emplace_back(error.what());
      }
      return std::nullopt;
    }
  }

  void add(const StoredItem& item) {
    if (in_shard_ == options_.samples) {
      close();
    }
    if (file_ == nullptr) {
      open();
    }
    const std::string key = fmt::format("{:0{}}", report_.items, kDigits);
    tar_->add(key + "." + extension_of(item.image), item.image);
    if (item.captions.size() == 1) {
      tar_->add(key + ".txt", item.captions.front());
    } else if (!item.captions.empty()) {
      const nlohmann::json json = {{"captions", item.captions}};
      constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
      tar_->add(key + ".json", json.dump(-1, ' ', false, kReplace));
    }
    if (item.label) {
      tar_->add(key + ".cls", std::to_string(*item.label));
    }
    ++in_shard_;
    ++report_.items;
    report_.captions += static_cast<int64_t>(item.captions.size());
    report_.labels += item.label ? 1 : 0;
  }

  void open() {
    path_ = shard_path(options_.output, report_.shards.size());
    file_ = files_.create(partial_of(path_));
    tar_ = std::make_unique<TarWriter>(*file_);
    in_shard_ = 0;
  }

  void close() {
    if (file_ == nullptr) {
      return;
    }
    tar_->finish();
    file_->sync();
    file_->close();
    file_.reset();
    report_.bytes += tar_->bytes();
    report_.shards.push_back(path_);
  }

  const PictureSource& source_;
  const PackOptions& options_;
  FileSystem& files_;
  PackReport report_;
  fs::path path_;
  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<TarWriter> tar_;
  int64_t in_shard_ = 0;
};

}  // namespace

}  // namespace data

PackReport pack(const ItemSource& source, const PackOptions& options,
                const PackProgressFn& progress, FileSystem& files) {
  const auto* pictures = dynamic_cast<const data::PictureSource*>(&source);
  if (pictures == nullptr) {
    throw ConfigError("the source does not give its pictures as they are stored",
                      "sources that do: shards, image_folder, table, json_lines");
  }
  return data::Packer(*pictures, options, files).run(progress);
}

}  // namespace tpretrain
