#include "components/embedding/word/word.h"

#include <tuple>

#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {

namespace embedding::word_detail {

Layout lay_out(const View& view) {
  Layout layout;
  layout.view = view.name();
  layout.offsets = view.at("offsets");
  layout.max_length = view.number("max_length");
  std::tie(layout.positions, layout.token_key) =
      ops::token_index(layout.offsets, view.find("sample"), view.batch().at("ordinal"));
  return layout;
}

}  // namespace embedding::word_detail

void WordEmbeddingConfig::describe(ConfigVisitor& v) {
  v.field("vocabulary", vocabulary, "Entries of the table; 0: those of the tokenizer.", {.min = 0});
  v.field("width", width, "Width of a vector; 0: that of the encoder.", {.min = 0});
  v.field("init", init, "Standard deviation of the initial values.", {.min = 0});
}

WordEmbedding::WordEmbedding(const WordEmbeddingConfig& config, const Build& build) {
  Build own = build.on(*this);
  const int64_t vocabulary = own.infer(config.vocabulary, own.context().vocabulary, "vocabulary");
  const int64_t width = own.infer(config.width, own.context().width, "width");
  weight_ = own.parameter("weight", {vocabulary, width}, Init::truncated_normal(config.init));
}

void WordEmbedding::add(const View& view, Layout& layout, EmbeddingSum& sum, const Call&) {
  if (!layout.defined()) {
    layout = embedding::word_detail::lay_out(view);
  }
  sum.add(*weight_, view.at("ids"));
}

void register_embedding_word(Registry& registry) {
  registry.add<Embedding, WordEmbedding, WordEmbeddingConfig>(
      {"word",
       "A learned vector per token id.",
       "https://arxiv.org/abs/1810.04805",
       {"{view}.ids", "{view}.offsets", "ordinal"},
       {"embedding_sum", "token_index"}});
}

}  // namespace tpretrain
