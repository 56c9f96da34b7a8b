#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"

namespace tpretrain {

struct WordEmbeddingConfig {
  int64_t vocabulary = 0;
  int64_t width = 0;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// One learned vector per token id. Lays the sequence out when it is the first of a list.
/// Reads:   {view}.ids [T], {view}.offsets [S + 1], {view}.sample [S] (optional), {view}.max_length
/// Params:  weight [V, D]
/// Errors:  DataError when an id is outside the table
class WordEmbedding : public Embedding {
 public:
  WordEmbedding(const WordEmbeddingConfig& config, const Build& build);
  void add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) override;

 private:
  Parameter weight_;
};

}  // namespace tpretrain
