/// What the sources of pictures have in common. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/items/item_options.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

/// An item with the bytes of its picture.
struct StoredItem {
  std::string name;   ///< as of Item
  std::string where;  ///< file, or archive and member, of the picture: for messages
  std::string image;  ///< encoded, not looked at yet
  std::vector<std::string> captions;
  std::optional<int64_t> label;
};

class PictureSource : public ItemSource {
 public:
  /// Item `index` as it is stored. Thread-safe. Errors: as of `read`, but for the picture's header.
  virtual StoredItem load(int64_t index) const = 0;

  Item read(int64_t index) const final;

  BadItems bad_items() const final { return options_.bad_items; }

  const ItemOptions& options() const { return options_; }

 protected:
  explicit PictureSource(const ItemOptions& options) : options_(options) {}

 private:
  ItemOptions options_;
};

}  // namespace tpretrain::data
