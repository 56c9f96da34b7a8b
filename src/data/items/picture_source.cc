#include "data/items/picture_source.h"

#include <utility>

namespace tpretrain::data {

Item PictureSource::read(int64_t index) const {
  StoredItem stored = load(index);
  Item item;
  item.image = open_image(std::move(stored.image), stored.where, options_.limits());
  item.name = std::move(stored.name);
  item.captions = std::move(stored.captions);
  item.label = stored.label;
  return item;
}

}  // namespace tpretrain::data
