#include "components/embedding/patch/patch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/shape_text.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

namespace embedding::patch_detail {

/// Uniform within 1 / sqrt(inputs), as convolutions usually start, or normal when stated.
Init initial(double deviation, int64_t inputs) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  return deviation == 0 ? Init::uniform(-bound, bound) : Init::truncated_normal(deviation);
}

/// One axis: D / 4 sines, then D / 4 cosines, of p / 10000^(i / (D / 4)).
void write_axis(int64_t position, int64_t quarter, double* out) {
  for (int64_t i = 0; i < quarter; ++i) {
    const double rate = std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(quarter));
    out[i] = std::sin(static_cast<double>(position) * rate);
    out[quarter + i] = std::cos(static_cast<double>(position) * rate);
  }
}

/// [prefix + side * side, width] float64: the column's half first, then the row's, as MAE has it;
/// zeros for the prefix.
at::Tensor sincos_grid(int64_t prefix, int64_t side, int64_t width) {
  at::Tensor table = at::zeros({prefix + side * side, width}, at::kDouble);
  auto* out = table.mutable_data_ptr<double>() + prefix * width;
  for (int64_t row = 0; row < side; ++row) {
    for (int64_t column = 0; column < side; ++column, out += width) {
      write_axis(column, width / 4, out);
      write_axis(row, width / 4, out + width / 2);
    }
  }
  return table;
}

/// Rows of [prefix tokens | patches of all pictures] in the order of the tokens: each picture
/// starts with the same prefix rows.
at::Tensor token_rows(int64_t pictures, int64_t prefix, int64_t patches) {
  at::Tensor rows = at::empty({pictures * (prefix + patches)}, at::kInt);
  auto* out = rows.mutable_data_ptr<int32_t>();
  for (int64_t b = 0; b < pictures; ++b) {
    for (int64_t k = 0; k < prefix; ++k) {
      *out++ = static_cast<int32_t>(k);
    }
    for (int64_t k = 0; k < patches; ++k) {
      *out++ = static_cast<int32_t>(prefix + b * patches + k);
    }
  }
  return rows;
}

/// `kept` different numbers below `patches` for each picture, ascending: [B, kept] int64 on the
/// CPU, a partial Fisher-Yates shuffle keyed by the picture's ordinal.
at::Tensor draw_patches(const at::Tensor& ordinals, int64_t patches, int64_t kept, uint64_t key) {
  const at::Tensor keys = ordinals.to(at::kCPU, at::kLong).contiguous();
  at::Tensor drawn = at::empty({keys.numel(), kept}, at::kLong);
  std::vector<int64_t> order(static_cast<size_t>(patches));
  for (int64_t b = 0; b < keys.numel(); ++b) {
    CounterRng rng(key, static_cast<uint64_t>(keys.const_data_ptr<int64_t>()[b]));
    std::iota(order.begin(), order.end(), 0);
    for (int64_t i = 0; i < kept; ++i) {
      const auto other = static_cast<size_t>(i) + rng.below(static_cast<uint64_t>(patches - i));
      std::swap(order[static_cast<size_t>(i)], order[other]);
    }
    std::sort(order.begin(), order.begin() + kept);
    std::copy_n(order.begin(), kept, drawn.mutable_data_ptr<int64_t>() + b * kept);
  }
  return drawn;
}

}  // namespace embedding::patch_detail

void PatchEmbeddingConfig::describe(ConfigVisitor& v) {
  v.field("size", size, "Side of a patch in pixels.", {.min = 1, .max = 4096});
  v.field("resolution", resolution, "Side of the pictures in pixels; `size` divides it.",
          {.min = 1, .max = 16384});
  v.field("bias", bias, "A bias of the linear map.");
  v.field("cls", cls, "A learned token before the patches.");
  v.field("registers", registers, "Learned tokens between the class token and the patches.",
          {.min = 0, .max = 1024});
  v.choice("grid", grid, "Fixed 2-D sines and cosines added to the patches.", {"none", "sincos"});
  v.field("keep", keep, "Share of the patches that training sees, drawn for every picture.",
          {.min = 0, .max = 1, .open_min = true});
  v.field("mean", mean, "Subtracted from each channel, of values in [0, 1].", {.min = 0, .max = 1});
  v.field("deviation", deviation, "Divides each channel.", {.min = 0, .open_min = true});
  v.field("init", init,
          "Standard deviation of the initial weights; 0: uniform within 1 / sqrt(inputs).",
          {.min = 0});
  v.field("cls_init", cls_init, "Standard deviation of the initial class token and registers.",
          {.min = 0});
  v.check(size > 0 && resolution % size == 0, "`size` must divide `resolution`, but " +
                                                  std::to_string(resolution) + " / " +
                                                  std::to_string(size) + " leaves a remainder");
  v.check(mean.size() == 3 && deviation.size() == 3,
          "`mean` and `deviation` must have one number for each of red, green and blue");
}

PatchEmbedding::PatchEmbedding(const PatchEmbeddingConfig& config, const Build& build)
    : config_(config) {
  Build own = build.on(*this);
  width_ = own.infer(0, own.context().width, "width");
  site_ = own.site("keep");
  if (config.grid == PatchEmbeddingConfig::Grid::kSinCos && width_ % 4 != 0) {
    throw ConfigError("embedding 'patch': `grid: sincos` needs a width that 4 divides, but it is " +
                      std::to_string(width_));
  }
  const int64_t inputs = config.size * config.size * 3;
  const Init init = embedding::patch_detail::initial(config.init, inputs);
  weight_ = own.parameter("weight", {width_, inputs}, init);
  if (config.bias) {
    bias_ = own.parameter("bias", {width_}, config.init == 0 ? init : Init::zeros());
  }
  if (config.cls) {
    cls_ = own.parameter("cls", {1, width_}, Init::normal(config.cls_init));
  }
  if (config.registers != 0) {
    registers_ =
        own.parameter("registers", {config.registers, width_}, Init::normal(config.cls_init));
  }
}

void PatchEmbedding::check_pixels(const View& view, const at::Tensor& pixels) const {
  if (pixels.dim() != 4 || pixels.size(1) != config_.resolution ||
      pixels.size(2) != config_.resolution || pixels.size(3) != 3) {
    const std::string side = std::to_string(config_.resolution);
    throw DataError("`" + view.name() + ".pixels` must be [B, " + side + ", " + side +
                        ", 3] for an embedding 'patch' with `resolution: " + side + "`, but is " +
                        shape_text(pixels.sizes()) + " instead",
                    "give the processor `size: " + side + "`, or the embedding another resolution");
  }
}

int64_t PatchEmbedding::seen(const Call& call) const {
  const int64_t all = side() * side();
  return call.training ? std::max<int64_t>(1, std::llround(config_.keep * double(all))) : all;
}

Layout PatchEmbedding::lay_out(const View& view, const at::Tensor& pixels, int64_t patches) const {
  Layout layout;
  layout.view = view.name();
  layout.prefix = prefix();
  layout.max_length = prefix() + patches;
  layout.offsets =
      at::arange(pixels.size(0) + 1, at::TensorOptions(pixels.device()).dtype(at::kInt)) *
      static_cast<int>(layout.max_length);
  std::tie(layout.positions, layout.token_key) =
      ops::token_index(layout.offsets, at::Tensor(), view.batch().at("ordinal"));
  return layout;
}

at::Tensor PatchEmbedding::choose(const at::Tensor& patches, const at::Tensor& ordinals,
                                  const Call& call, Layout& layout) const {
  const int64_t all = side() * side();
  const int64_t pictures = layout.sequences();
  const auto key = static_cast<uint64_t>(call.dropout(site_, 1 - config_.keep).key);
  const at::Tensor drawn =
      embedding::patch_detail::draw_patches(ordinals, all, seen(call), key).to(patches.device());
  const at::Tensor first = at::arange(prefix(), drawn.options()).expand({pictures, prefix()});
  layout.positions = at::cat({first, drawn + prefix()}, 1).view({-1}).to(at::kInt);
  const at::Tensor rows = drawn + at::arange(pictures, drawn.options()).unsqueeze(1) * all;
  return patches.index_select(0, rows.view({-1}));
}

void PatchEmbedding::add_patches(const at::Tensor& patches, int64_t pictures,
                                 EmbeddingSum& sum) const {
  if (prefix() == 0) {
    sum.add(patches);
    return;
  }
  std::vector<at::Tensor> rows;
  if (cls_) {
    rows.push_back(*cls_);
  }
  if (registers_) {
    rows.push_back(*registers_);
  }
  rows.push_back(patches);
  sum.add(at::cat(rows),
          embedding::patch_detail::token_rows(pictures, prefix(), patches.size(0) / pictures)
              .to(patches.device()));
}

void PatchEmbedding::add_grid(const Layout& layout, EmbeddingSum& sum) {
  const at::Tensor& like = *weight_;
  if (!grid_.defined() || grid_.device() != like.device()) {
    grid_ = embedding::patch_detail::sincos_grid(prefix(), side(), width_)
                .to(like.device(), like.scalar_type());
  }
  sum.add(grid_, layout.positions);
}

void PatchEmbedding::add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) {
  if (layout.defined()) {
    throw ConfigError("embedding 'patch' lays the sequence out: it must be the first of its list");
  }
  const at::Tensor& pixels = view.at("pixels");
  check_pixels(view, pixels);
  layout = lay_out(view, pixels, seen(call));
  at::Tensor patches =
      ops::patchify(pixels, config_.size, config_.mean, config_.deviation, weight_->scalar_type());
  if (seen(call) < side() * side()) {
    patches = choose(patches, view.batch().at("ordinal"), call, layout);
  }
  add_patches(ops::linear(patches, *weight_, bias_.tensor()), pixels.size(0), sum);
  if (config_.grid == PatchEmbeddingConfig::Grid::kSinCos) {
    add_grid(layout, sum);
  }
}

void register_embedding_patch(Registry& registry) {
  registry.add<Embedding, PatchEmbedding, PatchEmbeddingConfig>(
      {"patch",
       "A linear map of square patches of a picture, with class token and registers.",
       "https://arxiv.org/abs/2010.11929",
       {"{view}.pixels", "ordinal"},
       {"patchify", "linear", "token_index", "embedding_sum"}});
}

}  // namespace tpretrain
