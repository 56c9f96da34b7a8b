/// The sum of a list of embeddings with its norm and dropout: one op for all of them.
#pragma once

#include <memory>
#include <vector>

#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"
#include "tpretrain/core/model_spec.h"

namespace tpretrain {

class EmbeddingPart : public torch::nn::Module {
 public:
  EmbeddingPart(const EmbeddingSpec& spec, const Registry& registry, const Build& build);

  /// Lays the view out (unless `layout` is defined) and embeds it.
  Sequence forward(const View& view, const Call& call);

 private:
  struct Item {
    std::shared_ptr<Embedding> embedding;
    std::shared_ptr<EmbeddingPart> sum;
  };

  at::Tensor embed(const View& view, Layout& layout, const Call& call);

  std::vector<Item> items_;
  NormLayer norm_;
  double dropout_;
  uint64_t site_;
};

}  // namespace tpretrain
