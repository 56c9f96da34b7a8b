#include "kernels/color.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tpretrain::kernels {
namespace {

/// New levels by channel and level.
using Tables = std::array<std::array<uint8_t, 256>, 3>;
using Histogram = std::array<int64_t, 256>;

uint8_t to_level(float x) {
  return static_cast<uint8_t>(std::clamp(x, 0.0F, 255.0F));
}

uint8_t mixed(float level, float other, float factor) {
  return to_level(level * factor + other * (1.0F - factor));
}

/// Rounded down, as an 8-bit grey picture would be.
float grey(const uint8_t* rgb) {
  return std::floor(0.2989F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2]);
}

void apply(const Tables& tables, uint8_t* rgb, int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = tables[c][rgb[3 * i + c]];
    }
  }
}

/// The same new level for all channels.
template <typename Level>
void apply_level(uint8_t* rgb, int64_t pixels, const Level& level) {
  std::array<uint8_t, 256> table;
  for (int i = 0; i < 256; ++i) {
    table[i] = level(i);
  }
  apply({table, table, table}, rgb, pixels);
}

std::array<Histogram, 3> histograms(const uint8_t* rgb, int64_t pixels) {
  std::array<Histogram, 3> counts{};
  for (int64_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      ++counts[c][rgb[3 * i + c]];
    }
  }
  return counts;
}

int lowest(const Histogram& counts) {
  return static_cast<int>(
      std::find_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; }) - counts.begin());
}

int highest(const Histogram& counts) {
  return 255 - static_cast<int>(
                   std::find_if(counts.rbegin(), counts.rend(), [](int64_t n) { return n > 0; }) -
                   counts.rbegin());
}

struct Hsv {
  float hue;  ///< turns, [0, 1)
  float saturation;
  float value;
};

Hsv to_hsv(float r, float g, float b) {
  const float high = std::max({r, g, b});
  const float range = high - std::min({r, g, b});
  if (range == 0) {
    return {0, 0, high};
  }
  const float rc = (high - r) / range;
  const float gc = (high - g) / range;
  const float bc = (high - b) / range;
  const float sector = high == r ? bc - gc : high == g ? 2 + rc - bc : 4 + gc - rc;
  return {std::fmod(sector / 6.0F + 1.0F, 1.0F), range / high, high};
}

std::array<float, 3> to_rgb(const Hsv& color) {
  const float h6 = color.hue * 6;
  const float sector = std::floor(h6);
  const float fraction = h6 - sector;
  const float v = color.value;
  const float p = v * (1 - color.saturation);
  const float q = v * (1 - color.saturation * fraction);
  const float t = v * (1 - color.saturation + color.saturation * fraction);
  switch (static_cast<int>(sector) % 6) {
    case 0:
      return {v, t, p};
    case 1:
      return {q, v, p};
    case 2:
      return {p, v, t};
    case 3:
      return {p, q, v};
    case 4:
      return {t, p, v};
    default:
      return {v, p, q};
  }
}

}  // namespace

void adjust_brightness(uint8_t* rgb, int64_t pixels, float factor) {
  apply_level(rgb, pixels,
              [factor](int level) { return to_level(factor * static_cast<float>(level)); });
}

void adjust_contrast(uint8_t* rgb, int64_t pixels, float factor) {
  double total = 0;
  for (int64_t i = 0; i < pixels; ++i) {
    total += grey(rgb + 3 * i);
  }
  const auto mean = static_cast<float>(total / static_cast<double>(pixels));
  apply_level(rgb, pixels,
              [=](int level) { return mixed(static_cast<float>(level), mean, factor); });
}

void adjust_saturation(uint8_t* rgb, int64_t pixels, float factor) {
  for (int64_t i = 0; i < pixels; ++i) {
    uint8_t* p = rgb + 3 * i;
    const float other = grey(p);
    for (int c = 0; c < 3; ++c) {
      p[c] = mixed(p[c], other, factor);
    }
  }
}

void adjust_hue(uint8_t* rgb, int64_t pixels, float turns) {
  constexpr float kToLevel = 255 + 1 - 1e-3F;  // torchvision's scale from [0, 1] to 8 bits
  for (int64_t i = 0; i < pixels; ++i) {
    uint8_t* p = rgb + 3 * i;
    Hsv color = to_hsv(p[0] / 255.0F, p[1] / 255.0F, p[2] / 255.0F);
    color.hue += turns;
    color.hue -= std::floor(color.hue);
    const std::array<float, 3> turned = to_rgb(color);
    for (int c = 0; c < 3; ++c) {
      p[c] = static_cast<uint8_t>(std::clamp(turned[c], 0.0F, 1.0F) * kToLevel);
    }
  }
}

void adjust_sharpness(uint8_t* rgb, int64_t height, int64_t width, float factor,
                      std::vector<uint8_t>& work) {
  work.assign(rgb, rgb + height * width * 3);
  const int64_t stride = 3 * width;
  for (int64_t y = 1; y + 1 < height; ++y) {
    for (int64_t i = 3; i < stride - 3; ++i) {
      const uint8_t* p = &work[y * stride + i];
      int sum = 4 * p[0];  // with the one below, the centre weighs 5
      for (int64_t row = -stride; row <= stride; row += stride) {
        sum += p[row - 3] + p[row] + p[row + 3];
      }
      const float smooth = std::nearbyint(static_cast<float>(sum) / 13.0F);
      rgb[y * stride + i] = to_level(p[0] + (smooth - p[0]) * (1 - factor));
    }
  }
}

void posterize(uint8_t* rgb, int64_t pixels, int bits) {
  const int mask = (0xFF00 >> bits) & 0xFF;
  apply_level(rgb, pixels, [mask](int level) { return static_cast<uint8_t>(level & mask); });
}

void solarize(uint8_t* rgb, int64_t pixels, float threshold) {
  apply_level(rgb, pixels, [threshold](int level) {
    return static_cast<uint8_t>(static_cast<float>(level) >= threshold ? 255 - level : level);
  });
}

void autocontrast(uint8_t* rgb, int64_t pixels) {
  Tables tables;
  const std::array<Histogram, 3> counts = histograms(rgb, pixels);
  for (size_t c = 0; c < 3; ++c) {
    const int low = lowest(counts[c]);
    const int high = highest(counts[c]);
    const float scale = static_cast<float>(high - low) * (1.0F / 255.0F);
    for (int i = 0; i < 256; ++i) {
      tables[c][i] =
          high == low ? static_cast<uint8_t>(i) : to_level(static_cast<float>(i - low) / scale);
    }
  }
  apply(tables, rgb, pixels);
}

void equalize(uint8_t* rgb, int64_t pixels) {
  Tables tables;
  const std::array<Histogram, 3> counts = histograms(rgb, pixels);
  for (size_t c = 0; c < 3; ++c) {
    // The brightest level does not count: it has nowhere to go.
    const int64_t step = (pixels - counts[c][highest(counts[c])]) / 255;
    int64_t below = step / 2;
    for (int i = 0; i < 256; ++i) {
      tables[c][i] = static_cast<uint8_t>(step == 0 ? i : std::min<int64_t>(255, below / step));
      below += counts[c][i];
    }
  }
  apply(tables, rgb, pixels);
}

}  // namespace tpretrain::kernels
