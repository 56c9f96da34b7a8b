#include "data/items/probe_items.h"

#include "data/items/picture_file.h"

namespace tpretrain::data {
namespace {

class WhitePixel final : public EncodedImage {
 public:
  int64_t height() const override { return 1; }

  int64_t width() const override { return 1; }

  void decode(int64_t, int64_t, Image& out) const override { out = {1, 1, {255, 255, 255}}; }
};

ItemOptions strict() {
  ItemOptions options;
  options.bad_items = BadItems::kError;
  return options;
}

}  // namespace

Item TextItems::read(int64_t index) const {
  const std::string& text = texts_.at(static_cast<size_t>(index));
  return {"'" + text + "'", std::make_unique<WhitePixel>(), {text}, std::nullopt};
}

Item PictureItems::read(int64_t index) const {
  Item item = pictures_->read(index);
  item.captions = {"a"};
  return item;
}

PictureFiles::PictureFiles(std::vector<std::string> paths)
    : PictureSource(strict()), paths_(std::move(paths)) {}

StoredItem PictureFiles::load(int64_t index) const {
  const std::string& path = paths_.at(static_cast<size_t>(index));
  return {path, path, read_picture(path), {}, std::nullopt};
}

}  // namespace tpretrain::data
