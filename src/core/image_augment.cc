#include "core/image_augment.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/color.h"
#include "kernels/warp.h"

namespace tpretrain {
namespace {

kernels::Border border_of(ImageAugmentConfig::Fill fill) {
  switch (fill) {
    case ImageAugmentConfig::Fill::kWhite:
      return kernels::Border::kWhite;
    case ImageAugmentConfig::Fill::kBlack:
      return kernels::Border::kBlack;
    default:
      return kernels::Border::kEdge;
  }
}

int64_t count(const Canvas& canvas) {
  return canvas.side * canvas.side;
}

void move(const Canvas& canvas, const kernels::Affine& to_source, kernels::Border border) {
  canvas.work.assign(canvas.pixels, canvas.pixels + count(canvas) * 3);
  kernels::warp(canvas.work.data(), canvas.side, canvas.side, to_source, border, canvas.pixels);
}

enum class Op {
  kIdentity,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kColor,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutocontrast,
  kEqualize,
};

constexpr uint64_t kOps = 14;
constexpr double kMostMagnitude = 30;

/// `strength` in [0, 1], `sign` -1 or 1 for the operations that have two directions.
void run(Op op, const Canvas& canvas, double strength, double sign, kernels::Border border) {
  const auto side = static_cast<double>(canvas.side);
  const double lean = sign * 0.3 * strength;
  const double way = std::trunc(sign * 150.0 / 331.0 * side * strength);
  const auto factor = static_cast<float>(1 + sign * 0.9 * strength);
  switch (op) {
    case Op::kIdentity:
      return;
    case Op::kShearX:
      return move(canvas, kernels::shear(lean, 0), border);
    case Op::kShearY:
      return move(canvas, kernels::shear(0, lean), border);
    case Op::kTranslateX:
      return move(canvas, kernels::translation(way, 0), border);
    case Op::kTranslateY:
      return move(canvas, kernels::translation(0, way), border);
    case Op::kRotate:
      return move(canvas, kernels::rotation(sign * 30 * strength, canvas.side, canvas.side),
                  border);
    case Op::kBrightness:
      return kernels::adjust_brightness(canvas.pixels, count(canvas), factor);
    case Op::kColor:
      return kernels::adjust_saturation(canvas.pixels, count(canvas), factor);
    case Op::kContrast:
      return kernels::adjust_contrast(canvas.pixels, count(canvas), factor);
    case Op::kSharpness:
      return kernels::adjust_sharpness(canvas.pixels, canvas.side, canvas.side, factor,
                                       canvas.work);
    case Op::kPosterize:
      return kernels::posterize(canvas.pixels, count(canvas),
                                static_cast<int>(std::nearbyint(8 - 4 * strength)));
    case Op::kSolarize:
      return kernels::solarize(canvas.pixels, count(canvas),
                               static_cast<float>(255 * (1 - strength)));
    case Op::kAutocontrast:
      return kernels::autocontrast(canvas.pixels, count(canvas));
    case Op::kEqualize:
      return kernels::equalize(canvas.pixels, count(canvas));
  }
}

/// Uniform in [max(0, 1 - spread), 1 + spread).
float factor_around_one(double spread, CounterRng& rng) {
  const double low = std::max(0.0, 1 - spread);
  return static_cast<float>(low + (1 + spread - low) * rng.uniform());
}

}  // namespace

void random_shift(const Canvas& canvas, int64_t most, ImageAugmentConfig::Fill fill,
                  CounterRng& rng) {
  const auto choices = static_cast<uint64_t>(2 * most + 1);
  const auto x = static_cast<int64_t>(rng.below(choices)) - most;
  const auto y = static_cast<int64_t>(rng.below(choices)) - most;
  move(canvas, kernels::translation(static_cast<double>(x), static_cast<double>(y)),
       border_of(fill));
}

void rand_augment(const Canvas& canvas, const RandAugmentConfig& config,
                  ImageAugmentConfig::Fill fill, CounterRng& rng) {
  const double strength = static_cast<double>(config.magnitude) / kMostMagnitude;
  for (int64_t i = 0; i < config.ops; ++i) {
    const auto op = static_cast<Op>(rng.below(kOps));
    const double sign = rng.below(2) == 0 ? -1 : 1;
    run(op, canvas, strength, sign, border_of(fill));
  }
}

void color_jitter(const Canvas& canvas, const ColorJitterConfig& config, CounterRng& rng) {
  std::array<int, 4> order{0, 1, 2, 3};
  for (size_t i = 0; i + 1 < order.size(); ++i) {
    std::swap(order[i], order[i + rng.below(order.size() - i)]);
  }
  const float brightness = factor_around_one(config.brightness, rng);
  const float contrast = factor_around_one(config.contrast, rng);
  const float saturation = factor_around_one(config.saturation, rng);
  const auto hue = static_cast<float>(config.hue * (2 * rng.uniform() - 1));
  for (const int step : order) {
    if (step == 0 && config.brightness > 0) {
      kernels::adjust_brightness(canvas.pixels, count(canvas), brightness);
    } else if (step == 1 && config.contrast > 0) {
      kernels::adjust_contrast(canvas.pixels, count(canvas), contrast);
    } else if (step == 2 && config.saturation > 0) {
      kernels::adjust_saturation(canvas.pixels, count(canvas), saturation);
    } else if (step == 3 && config.hue > 0) {
      kernels::adjust_hue(canvas.pixels, count(canvas), hue);
    }
  }
}

}  // namespace tpretrain
