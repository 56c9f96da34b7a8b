#include "tpretrain/core/component.h"

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"

namespace tpretrain {

ops::Dropout Call::dropout(uint64_t site, double p) const {
  return {training ? p : 0.0, static_cast<int64_t>(hash64(key, site))};
}

void EmbeddingSum::add(const at::Tensor& table, const at::Tensor& index) {
  tables.push_back(table);
  indices.push_back(index);
}

void EmbeddingSum::add(const at::Tensor& term) {
  dense.push_back(term);
}

const at::Tensor& PassOutput::features() const {
  const at::Tensor& last = projected.defined() ? projected : pooled;
  if (!last.defined()) {
    throw ConfigError("a target reads the features of a pass that has no pool");
  }
  return last;
}

at::Tensor Target::token_scores(Passes&, const at::Tensor&, const Call&) {
  throw ConfigError("target '" + name_ + "' does not predict tokens");
}

}  // namespace tpretrain
