#include "components/embedding/position/position.h"

#include <cmath>

#include <ATen/ops/empty.h>

#include "tpretrain/base/error.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

namespace embedding::position_detail {

/// sin(p / 10000^(2i/D)) at column 2i, cos of the same at 2i + 1; float64 on the CPU.
at::Tensor sinusoids(int64_t rows, int64_t width) {
  at::Tensor table = at::empty({rows, width}, at::kDouble);
  double* out = table.mutable_data_ptr<double>();
  for (int64_t column = 0; column < width; ++column) {
    const double exponent = static_cast<double>(column / 2 * 2) / static_cast<double>(width);
    const double rate = std::pow(10000.0, -exponent);
    for (int64_t row = 0; row < rows; ++row) {
      const double angle = static_cast<double>(row) * rate;
      out[row * width + column] = column % 2 == 0 ? std::sin(angle) : std::cos(angle);
    }
  }
  return table;
}

}  // namespace embedding::position_detail

void PositionEmbeddingConfig::describe(ConfigVisitor& v) {
  v.choice("kind", kind, "Trained vectors, or fixed sines and cosines.", {"learned", "sinusoidal"});
  v.field("max", max, "Longest sequence; 0: the longest that the data give.",
          {.min = 0, .max = 1 << 22});
  v.field("offset", offset, "Rows before that of the first position (RoBERTa: 2).",
          {.min = 0, .max = 1 << 20});
  v.field("init", init, "Standard deviation of the initial values.", {.min = 0});
}

PositionEmbedding::PositionEmbedding(const PositionEmbeddingConfig& config, const Build& build)
    : offset_(config.offset) {
  Build own = build.on(*this);
  max_ = own.infer(config.max, own.context().positions, "max");
  if (max_ < own.context().positions) {
    throw ConfigError("embedding 'position' has `max` = " + std::to_string(max_) +
                          ", but the data give sequences of up to " +
                          std::to_string(own.context().positions) + " tokens",
                      "raise `max` of the embedding or lower `length` of the processor");
  }
  width_ = own.infer(0, own.context().width, "width");
  if (config.kind == PositionEmbeddingConfig::Kind::kLearned) {
    weight_ =
        own.parameter("weight", {offset_ + max_, width_}, Init::truncated_normal(config.init));
  }
}

const at::Tensor& PositionEmbedding::table(const EmbeddingSum& sum, const Layout& layout) {
  if (weight_) {
    return *weight_;
  }
  const at::Tensor* model = !sum.tables.empty()  ? &sum.tables.front()
                            : !sum.dense.empty() ? &sum.dense.front()
                                                 : nullptr;
  const at::Device device = layout.positions.device();
  const at::ScalarType dtype = model != nullptr ? model->scalar_type() : at::kFloat;
  if (!constant_.defined() || constant_.device() != device || constant_.scalar_type() != dtype) {
    constant_ = embedding::position_detail::sinusoids(offset_ + max_, width_).to(device, dtype);
  }
  return constant_;
}

void PositionEmbedding::add(const View& view, Layout& layout, EmbeddingSum& sum, const Call&) {
  if (!layout.defined()) {
    throw ConfigError("embedding 'position' can not be the first of a list; put 'word' before it");
  }
  if (layout.max_length > max_) {
    throw DataError("a sequence of view '" + view.name() + "' has " +
                        std::to_string(layout.max_length) +
                        " tokens, but embedding 'position' has `max` = " + std::to_string(max_),
                    "raise `max` of the embedding or lower `length` of the processor");
  }
  sum.add(table(sum, layout), offset_ == 0 ? layout.positions : layout.positions + offset_);
}

void register_embedding_position(Registry& registry) {
  registry.add<Embedding, PositionEmbedding, PositionEmbeddingConfig>(
      {"position",
       "A vector per position in the sequence: learned or sinusoidal.",
       "https://arxiv.org/abs/1706.03762",
       {},
       {"embedding_sum"}});
}

}  // namespace tpretrain
