/// Two passes `a` and `b` whose features are given, for targets that compare samples.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>

#include <ATen/ops/arange.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

class TwoPasses : public Passes {
 public:
  TwoPasses(PassOutput a, PassOutput b, std::optional<SampleRange> own = {}) : own_(own) {
    outputs_["a"] = std::move(a);
    outputs_["b"] = std::move(b);
  }

  const PassOutput& get(const std::string& pass) override { return outputs_.at(pass); }

  PassOutput run(const std::string& pass, const Batch&) override { return outputs_.at(pass); }

  std::optional<SampleRange> own() const override { return own_; }

 private:
  std::map<std::string, PassOutput> outputs_;
  std::optional<SampleRange> own_;
};

/// Passes `a` and `b` of width 6: with a feature a sample, or (pooled = 0) one a token.
inline BuildContext two_pass_context(int64_t pooled = 6, int64_t projected = 6) {
  BuildContext context = small_context();
  context.pass = [pooled, projected](const std::string& name) {
    return PassInfo{name, name, 8, pooled, projected};
  };
  return context;
}

/// A target whose factor is 4 to the last bit: initial values are float32.
inline std::shared_ptr<Target> build_contrast(const std::string& yaml,
                                              const BuildContext& context = two_pass_context()) {
  auto target = build<Target>(yaml, context);
  target->named_parameters()["scale"].data().fill_(std::log(4.0));
  return target;
}

inline PassOutput pooled_output(const at::Tensor& features) {
  PassOutput output;
  output.projected = features;
  return output;
}

/// n samples with ordinals alone.
inline Batch sample_batch(int64_t samples) {
  Batch batch;
  batch.set("ordinal", at::arange(samples, at::kLong));
  return batch;
}

/// The loss over parts of the samples, each with its own rows: their sum must be the whole.
inline at::Tensor sum_over_parts(Target& target, const PassOutput& a, const PassOutput& b,
                                 const Batch& batch, const std::vector<int64_t>& counts) {
  at::Tensor sum;
  int64_t first = 0;
  for (const int64_t count : counts) {
    TwoPasses passes(a, b, SampleRange{first, count});
    const at::Tensor part = target.forward(passes, batch, {}).at(0).sum;
    sum = sum.defined() ? sum + part : part;
    first += count;
  }
  return sum;
}

}  // namespace tpretrain::testing
