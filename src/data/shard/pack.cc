#include "tpretrain/data/pack.h"

#include <algorithm>
#include <memory>
#include <optional>
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

/// Shards that an earlier call wrote under the same prefix, with their index files.
std::vector<fs::path> earlier_shards(const fs::path& output, FileSystem& files) {
  std::vector<fs::path> found;
  const fs::path folder = fs::absolute(output).parent_path();
  const std::string stem = output.filename().string() + "-";
  for (const std::string& name : files.list(folder)) {
    const size_t digits = name.find_first_not_of("0123456789", stem.size());
    const bool ours =
        name.starts_with(stem) && digits != std::string::npos && digits >= stem.size() + kDigits;
    if (ours && (name.substr(digits) == ".tar" || name.substr(digits) == ".tar.idx")) {
      found.push_back(folder / name);
    }
  }
  return found;
}

void make_room(const PackOptions& options, FileSystem& files) {
  files.make_directory(fs::absolute(options.output).parent_path());
  const std::vector<fs::path> earlier = earlier_shards(options.output, files);
  if (!earlier.empty() && !options.overwrite) {
    throw OutputError(fmt::format("{}: is already there", earlier.front().string()),
                      "choose another name, or replace the shards with --overwrite");
  }
  for (const fs::path& path : earlier) {
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
    files_.remove(path_.string() + kPartial);
    file_ = files_.create(path_.string() + kPartial);
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
    files_.rename(path_.string() + kPartial, path_);
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
