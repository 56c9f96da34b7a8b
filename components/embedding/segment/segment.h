#pragma once

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"

namespace tpretrain {

struct SegmentEmbeddingConfig {
  int64_t types = 2;
  double init = 0.02;

  void describe(ConfigVisitor& v);
};

/// One learned vector per segment of the input. (Devlin et al. 2019,
/// https://arxiv.org/abs/1810.04805, 3) Reads:   {view}.segment [T] Params:  weight [types, D]
/// Errors:  DataError when a segment is not below `types`
class SegmentEmbedding : public Embedding {
 public:
  SegmentEmbedding(const SegmentEmbeddingConfig& config, const Build& build);
  void add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) override;

 private:
  Parameter weight_;
};

}  // namespace tpretrain
