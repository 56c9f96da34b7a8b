#include "data/items/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>

#include "base/posix_file.h"
#include "data/items/captions.h"
#include "data/items/picture_file.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

constexpr int kMaxFolderDepth = 16;  // folders may be links, also to what lies above them

/// Type of what the path leads to; a link that leads nowhere is not found.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (error == std::errc::too_many_symbolic_link_levels) {
    return fs::file_type::not_found;
  }
  if (type == fs::file_type::none) {
    throw_io(path, "cannot be examined", error.value());
  }
  return type;
}

}  // namespace

void ImageFolderConfig::describe(ConfigVisitor& v) {
  v.path("path", path, "Folder with a sub-folder of pictures for each class.");
  v.require("path");
  v.choice("caption", caption,
           "What the caption is made of. name: of the file; folder: that it lies in; path: both.",
           {"none", "name", "folder", "path"});
  items.describe(v);
}

ImageFolder::ImageFolder(const ImageFolderConfig& config, const SourceContext&)
    : PictureSource(config.items), root_(config.path), caption_(config.caption) {
  std::error_code error;
  if (!fs::is_directory(root_, error)) {
    throw NotFoundError(fmt::format("the folder of pictures '{}' does not exist", root_));
  }
  walk("", 0);
  std::sort(classes_.begin(), classes_.end());
  if (items() == 0) {
    throw DataError(fmt::format("the folder '{}' gives no sample: no picture lies in it", root_),
                    "expected: cats/1.jpg, dogs/2.png, a sub-folder for each class");
  }
}

void ImageFolder::walk(const std::string& below, int depth) {
  std::vector<std::string> entries;
  for (const std::string& entry : FileSystem::posix().list(fs::path(root_) / below)) {
    if (entry.starts_with('.')) {
      continue;
    }
    const fs::file_type type = type_of(fs::path(root_) / (below + entry));
    if (type == fs::file_type::directory) {
      entries.push_back(entry + "/");
    } else if (type == fs::file_type::regular && is_picture_name(entry)) {
      entries.push_back(entry);
    }
  }
  // With its slash a folder stands where the whole paths below it do.
  std::sort(entries.begin(), entries.end());
  for (const std::string& entry : entries) {
    if (!entry.ends_with('/')) {
      names_ += below + entry;
      ends_.push_back(names_.size());
      continue;
    }
    if (depth == kMaxFolderDepth) {
      throw DataError(
          fmt::format("the folder '{}' is more than {} folders deep", root_, kMaxFolderDepth));
    }
    const size_t before = ends_.size();
    walk(below + entry, depth + 1);
    if (depth == 0 && ends_.size() > before) {
      classes_.push_back(entry.substr(0, entry.size() - 1));
    }
  }
}

std::string_view ImageFolder::name(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  const uint64_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(names_).substr(begin, ends_[i] - begin);
}

std::string ImageFolder::hash() const {
  Xxh3 hash;
  for (int64_t i = 0; i < items(); ++i) {
    const std::string path = (fs::path(root_) / name(i)).string();
    const std::string line = fmt::format("{}:{}\n", name(i), FileSystem::posix().size(path));
    hash.update(line.data(), line.size());
  }
  return hash.hex();
}

std::string ImageFolder::caption(std::string_view name) const {
  const fs::path path(name);
  switch (caption_) {
    case FolderCaption::kNone:
      return "";
    case FolderCaption::kName:
      return caption_of_name(path.stem().string());
    case FolderCaption::kFolder:
      return caption_of_name(
          (path.has_parent_path() ? path.parent_path() : fs::absolute(root_)).filename().string());
    case FolderCaption::kPath:
      break;
  }
  std::vector<std::string> words;
  for (const fs::path& part : path.parent_path()) {
    words.push_back(caption_of_name(part.string()));
  }
  words.push_back(caption_of_name(path.stem().string()));
  return join(words, " ");
}

StoredItem ImageFolder::load(int64_t index) const {
  StoredItem item;
  item.name = name(index);
  if (caption_ != FolderCaption::kNone) {
    item.captions.push_back(caption(item.name));
    options().limit_captions(item.captions, item.name);
  }
  const size_t slash = item.name.find('/');
  if (slash != std::string::npos) {
    const auto at = std::lower_bound(classes_.begin(), classes_.end(), item.name.substr(0, slash));
    item.label = at - classes_.begin();
  }
  item.where = (fs::path(root_) / item.name).string();
  item.image = read_picture(item.where);
  return item;
}

}  // namespace tpretrain::data
