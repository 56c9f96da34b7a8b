#include "components/embedding/segment/segment.h"

#include "tpretrain/base/error.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

void SegmentEmbeddingConfig::describe(ConfigVisitor& v) {
  v.field("types", types, "Number of segments.", {.min = 1, .max = 1 << 20});
  v.field("init", init, "Standard deviation of the initial values.", {.min = 0});
}

SegmentEmbedding::SegmentEmbedding(const SegmentEmbeddingConfig& config, const Build& build) {
  Build own = build.on(*this);
  const int64_t width = own.infer(0, own.context().width, "width");
  weight_ = own.parameter("weight", {config.types, width}, Init::truncated_normal(config.init));
}

void SegmentEmbedding::add(const View& view, Layout& layout, EmbeddingSum& sum, const Call&) {
  if (!layout.defined()) {
    throw ConfigError("embedding 'segment' can not be the first of a list; put 'word' before it");
  }
  sum.add(*weight_, view.at("segment"));
}

void register_embedding_segment(Registry& registry) {
  registry.add<Embedding, SegmentEmbedding, SegmentEmbeddingConfig>(
      {"segment",
       "A learned vector per segment (first or second sentence).",
       "https://arxiv.org/abs/1810.04805",
       {"{view}.segment"},
       {"embedding_sum"}});
}

}  // namespace tpretrain
