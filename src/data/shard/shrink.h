/// Smaller pictures, for shards and for people. Torch-free.
#pragma once

#include <cstdint>

#include "data/items/picture_source.h"

namespace tpretrain::data {

/// The picture with a longer side of at most `max_side` pixels, resized with antialias.
/// Errors: DataError of a damaged picture.
Image thumbnail(const EncodedImage& image, int64_t max_side);

/// Reads the header of the item's picture. Where a side has more than `max_side` pixels (0: any)
/// the picture becomes a PNG whose longer side is `max_side`, resized with antialias; true then.
/// Errors: DataError of a damaged picture.
bool shrink(StoredItem& item, int64_t max_side, const ImageLimits& limits);

}  // namespace tpretrain::data
