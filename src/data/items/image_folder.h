/// Pictures in a folder, with classes or captions from where they lie. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/items/picture_source.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

enum class FolderCaption {
  kNone,
  kName,    ///< of the file: "red_apple-003.png" is "red apple"
  kFolder,  ///< of the folder that the file lies in
  kPath,    ///< of all folders and the file
};

struct ImageFolderConfig {
  std::string path;
  FolderCaption caption = FolderCaption::kNone;
  ItemOptions items;

  void describe(ConfigVisitor& v);
};

/// Items are all picture files (jpg, jpeg, png, webp) below the folder, in the order of their names
/// by bytes. Classes are its sub-folders in that order; a picture beside them has none.
/// Memory: the names below the folder.
class ImageFolder final : public PictureSource {
 public:
  /// Errors: NotFoundError, IoError, DataError (no picture).
  ImageFolder(const ImageFolderConfig& config, const SourceContext& context);

  int64_t items() const override { return static_cast<int64_t>(ends_.size()); }

  std::string hash() const override;

  std::string sidecar() const override { return root_; }

  StoredItem load(int64_t index) const override;

  int64_t caption_count(int64_t) const override { return caption_ == FolderCaption::kNone ? 0 : 1; }

  std::vector<std::string> classes() const override { return classes_; }

 private:
  /// Adds the pictures of a folder: `below` is its name under the root, "" or ending in a slash.
  void walk(const std::string& below, int depth);
  std::string_view name(int64_t index) const;
  std::string caption(std::string_view name) const;

  std::string root_;
  FolderCaption caption_;
  std::string names_;           ///< one after the other
  std::vector<uint64_t> ends_;  ///< names_ up to and with each
  std::vector<std::string> classes_;
};

}  // namespace tpretrain::data
