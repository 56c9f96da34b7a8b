#include "tpretrain/data/pack.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "data/items/picture_source.h"
#include "data/shard/shrink.h"
#include "data/shard/tar_writer.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

namespace data {

namespace {

constexpr size_t kDigits = 6;
constexpr const char* kPartial = ".partial";

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

/// The earlier shards with their index files, which `Packer::replace` removes.
std::vector<fs::path> make_room(const PackOptions& options, FileSystem& files) {
  files.make_directory(folder_of(options.output));
  std::vector<fs::path> earlier = earlier_files(options.output, {".tar", ".tar.idx"}, files);
  if (!earlier.empty() && !options.overwrite) {
    throw OutputError(fmt::format("{}: is already there", earlier.front().string()),
                      "choose another name, or replace the shards with --overwrite");
  }
  for (const fs::path& path : earlier_files(options.output, {".tar.partial"}, files)) {
    files.remove(path);
  }
  return earlier;
}

class Packer {
 public:
  Packer(const PictureSource& source, const PackOptions& options, FileSystem& files)
      : source_(source), options_(options), files_(files) {}

  PackReport run(const PackProgressFn& progress) {
    const std::vector<fs::path> earlier = make_room(options_, files_);
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
    replace(earlier);
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
    path_ = fmt::format("{}-{:0{}}.tar", options_.output.string(), report_.shards.size(), kDigits);
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

  /// The earlier shards may be the source, and a call may fail before its end: they stay until all
  /// new ones are on disk.
  void replace(const std::vector<fs::path>& earlier) {
    files_.sync_directory(folder_of(options_.output));
    for (const fs::path& path : earlier) {
      files_.remove(path);
    }
    for (const fs::path& shard : report_.shards) {
      files_.rename(partial_of(shard), shard);
    }
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
