#pragma once

#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"

namespace tpretrain {

struct PatchEmbeddingConfig {
  enum class Grid { kNone, kSinCos };

  int64_t size = 16;
  int64_t resolution = 224;
  bool bias = true;
  bool cls = false;
  int64_t registers = 0;
  Grid grid = Grid::kNone;
  double keep = 1;
  std::vector<double> mean = {0.48145466, 0.4578275, 0.40821073};
  std::vector<double> deviation = {0.26862954, 0.26130258, 0.27577711};
  double init = 0;
  double cls_init = 0.02;

  void describe(ConfigVisitor& v);
};

/// A linear map of square patches of a picture, in rows of the grid, after an optional class token
/// and registers. (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, 3.1; registers:
/// Darcet et al. 2024, https://arxiv.org/abs/2309.16588)
/// Reads:   {view}.pixels [B, H, W, 3] uint8 with H = W = resolution; normalised as
///          (x / 255 - mean) / deviation
/// Params:  weight [D, size * size * 3], a patch in (row, column, channel) order; bias [D];
///          cls [1, D]; registers [n, D]
/// Training with `keep` below 1 sees a random part of the patches of every picture, in their order
/// and at their places of the grid; evaluation sees all. (Li et al. 2023, FLIP,
/// https://arxiv.org/abs/2212.00794, 3.1)
/// Layout:  cls and registers stand before the patches of every picture (Layout::prefix)
/// Errors:  DataError when the pictures have another size
class PatchEmbedding : public Embedding {
 public:
  PatchEmbedding(const PatchEmbeddingConfig& config, const Build& build);
  void add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) override;

  int64_t positions() const override { return prefix() + side() * side(); }

 private:
  int64_t side() const { return config_.resolution / config_.size; }

  int64_t prefix() const { return (config_.cls ? 1 : 0) + config_.registers; }

  /// Patches of a picture that a call sees.
  int64_t seen(const Call& call) const;
  void check_pixels(const View& view, const at::Tensor& pixels) const;
  Layout lay_out(const View& view, const at::Tensor& pixels, int64_t patches) const;
  /// Takes the chosen rows of `patches` and puts their places into `layout`.
  at::Tensor choose(const at::Tensor& patches, const at::Tensor& ordinals, const Call& call,
                    Layout& layout) const;
  void add_patches(const at::Tensor& patches, int64_t pictures, EmbeddingSum& sum) const;
  void add_grid(const Layout& layout, EmbeddingSum& sum);

  PatchEmbeddingConfig config_;
  int64_t width_;
  uint64_t site_ = 0;  ///< of the draws of `keep`
  Parameter weight_;
  Parameter bias_;
  Parameter cls_;
  Parameter registers_;
  at::Tensor grid_;  ///< [prefix + patches, D], made on first use
};

}  // namespace tpretrain
