// A program outside the project: registers a component of its own, builds it, trains one step of it
// and calls an operator. Exit 0 when every number is what was worked out by hand.
#include <cstdint>
#include <cstdio>
#include <memory>

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include "tpretrain/base/config.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/model.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace consumer {

struct ScaledFirstConfig {
  double scale = 2;

  void describe(tpretrain::ConfigVisitor& v) {
    v.field("scale", scale, "Initial factor.", {.min = 0});
  }
};

/// The first token of each sequence times one learned factor.
class ScaledFirst : public tpretrain::Pool {
 public:
  ScaledFirst(const ScaledFirstConfig& config, const tpretrain::Build& build) {
    tpretrain::Build own = build.on(*this);
    width_ = own.infer(0, own.context().width, "width");
    scale_ = own.parameter("scale", {1}, tpretrain::Init::constant(config.scale));
  }

  at::Tensor forward(const tpretrain::Sequence& sequence, const tpretrain::Call&) override {
    const tpretrain::Layout& layout = sequence.layout;
    const at::Tensor first = layout.offsets.narrow(0, 0, layout.sequences());
    return tpretrain::ops::gather_rows(sequence.x, first) * *scale_;
  }

  int64_t width() const override { return width_; }

  const at::Tensor& scale() const { return *scale_; }

 private:
  int64_t width_ = 0;
  tpretrain::Parameter scale_;
};

int faults = 0;

void expect(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "consumer: wrong: %s\n", what);
    ++faults;
  }
}

void check_component() {
  tpretrain::Registry registry;
  tpretrain::register_builtin_components(registry);
  expect(registry.find("encoder", "transformer") != nullptr, "the builtin components are there");
  registry.add<tpretrain::Pool, ScaledFirst, ScaledFirstConfig>(
      {"scaled_first", "The first token times a factor.", "", {}, {"gather_rows"}});

  tpretrain::BuildContext context;
  context.width = 2;
  const auto pool =
      tpretrain::build_component<tpretrain::Pool>(registry, {"scaled_first"}, context);
  tpretrain::Sequence sequence;
  sequence.x = at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}).reshape({3, 2});
  sequence.layout.offsets = at::tensor({0, 2, 3}, at::kInt);
  const at::Tensor y = pool->forward(sequence, {});
  expect(at::equal(y, at::tensor({2.F, 4.F, 10.F, 12.F}).reshape({2, 2})), "rows 0 and 2, doubled");

  y.sum().backward();
  const auto parameters = pool->parameters();
  expect(parameters.size() == 1, "one parameter is registered");
  expect(parameters[0].grad().item<float>() == 14, "the gradient is 1 + 2 + 5 + 6");
}

void check_op() {
  const at::Tensor x = at::tensor({1.F, 2.F}).reshape({1, 2});
  const at::Tensor weight = at::tensor({1.F, 0.F, 1.F, 1.F}).reshape({2, 2});
  const at::Tensor y = tpretrain::ops::linear(x, weight, at::tensor({10.F, 20.F}));
  expect(at::equal(y, at::tensor({11.F, 23.F}).reshape({1, 2})), "x W^T + b");
}

}  // namespace consumer

int main() {
  consumer::check_component();
  consumer::check_op();
  std::printf("consumer: %d faults\n", consumer::faults);
  return consumer::faults == 0 ? 0 : 1;
}
