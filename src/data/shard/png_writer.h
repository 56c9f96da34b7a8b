/// Pictures as PNG files. Torch-free.
#pragma once

#include <string>

#include "tpretrain/core/image.h"

namespace tpretrain::data {

/// Eight bits of RGB, rows filtered by differences of neighbours (W3C PNG, third edition).
std::string write_png(const Image& image);

}  // namespace tpretrain::data
