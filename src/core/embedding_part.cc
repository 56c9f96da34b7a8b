#include "core/embedding_part.h"

#include "tpretrain/base/error.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {
namespace {

/// Components of one list are told apart by their registry names.
std::string item_name(const EmbeddingSpec::Item& item) {
  return item.sum.empty() ? item.component.name : "sum";
}

}  // namespace

EmbeddingPart::EmbeddingPart(const EmbeddingSpec& spec, const Registry& registry,
                             const Build& outer)
    : dropout_(spec.dropout) {
  Build build = outer.on(*this);
  if (spec.width != 0) {
    build.context().width = spec.width;
  }
  site_ = build.site("dropout");
  for (const EmbeddingSpec::Item& item : spec.items) {
    const std::string name = item_name(item);
    for (const auto& child : named_children()) {
      if (child.key() == name) {
        throw ConfigError("embedding '" + build.path() + "' lists '" + name + "' twice");
      }
    }
    BuildContext context = build.context();
    context.component = "embedding '" + name + "'";
    const Build below = build.below(name, context);
    if (item.sum.empty()) {
      auto embedding = registry.make<Embedding>(item.component, below);
      if (embedding->positions() != 0) {
        build.context().positions = embedding->positions();
      }
      items_.push_back({register_module(name, embedding), nullptr});
    } else {
      auto sum = std::make_shared<EmbeddingPart>(item.sum[0], registry, below);
      items_.push_back({nullptr, register_module(name, sum)});
    }
  }
  if (spec.norm) {
    norm_ = NormLayer(build, "norm", build.infer(0, build.context().width, "width"), spec.norm);
  }
}

at::Tensor EmbeddingPart::embed(const View& view, Layout& layout, const Call& call) {
  EmbeddingSum sum;
  for (const Item& item : items_) {
    if (item.embedding) {
      item.embedding->add(view, layout, sum, call);
    } else {
      sum.add(item.sum->embed(view, layout, call));
    }
  }
  return ops::embedding_sum(sum.tables, sum.indices, sum.dense, norm_.weight.tensor(),
                            norm_.bias.tensor(), norm_.config.kind, norm_.config.eps,
                            call.dropout(site_, dropout_), layout.token_key);
}

Sequence EmbeddingPart::forward(const View& view, const Call& call) {
  Sequence sequence;
  sequence.x = embed(view, sequence.layout, call);
  return sequence;
}

}  // namespace tpretrain
