#include "ops/op_test.h"

namespace tpretrain::ops::adamw_test {

struct State {
  Tensor param, grad, m, v;
};

State random_state(int64_t size) {
  return {random_tensor({size}, 1), random_tensor({size}, 2), random_tensor({size}, 3) * 0.1,
          random_tensor({size}, 4).square()};
}

Tensor segments_of(const std::vector<int64_t>& bounds) {
  return at::tensor(bounds, at::kLong).reshape({-1, 2});
}

void step(const State& s, const Tensor& segments, const Tensor& factors, const Tensor& scalars) {
  adamw_(s.param, s.grad, s.m, s.v, segments, factors, scalars, 0.9, 0.999, 1e-6);
}

TEST(Adamw, MatchesHandComputedValues) {
  const State s{at::tensor({2.0F}), at::tensor({4.0F}), at::tensor({1.0F}), at::tensor({1.0F})};
  // g = 2; m = 0.5 + 1 = 1.5; v = 0.75 + 1 = 1.75; m^ = 3; v^ = 7
  adamw_(s.param, s.grad, s.m, s.v, segments_of({0, 1}), at::tensor({2.0F, 0.1F}).reshape({1, 2}),
         at::tensor({0.01F, 0.5F, 0.25F, 0.5F}), 0.5, 0.75, 1.0);
  EXPECT_NEAR(s.m.item<float>(), 1.5, 1e-6);
  EXPECT_NEAR(s.v.item<float>(), 1.75, 1e-6);
  EXPECT_NEAR(s.param.item<float>(), 2 - 0.02 * (3 / (std::sqrt(7.0) + 1) + 0.2), 1e-6);
}

TEST(Adamw, FollowsTheFormulaInDoubleOverManySteps) {
  const State s = random_state(1003);
  Tensor p = s.param.to(at::kDouble);
  Tensor m = s.m.to(at::kDouble);
  Tensor v = s.v.to(at::kDouble);
  for (int t = 1; t <= 20; ++t) {
    s.grad.copy_(random_tensor({1003}, 100 + t));
    const double c1 = 1 - std::pow(0.9, t);
    const double c2 = 1 - std::pow(0.999, t);
    step(s, segments_of({0, 1003}), at::tensor({1.0F, 0.01F}).reshape({1, 2}),
         at::tensor({1e-2F, static_cast<float>(c1), static_cast<float>(c2), 1.0F}));
    const Tensor g = s.grad.to(at::kDouble);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p = p - 1e-2 * (m / c1 / ((v / c2).sqrt() + 1e-6) + 0.01 * p);
  }
  expect_close(s.param, p.to(at::kFloat), 1e-5);
  expect_close(s.m, m.to(at::kFloat), 1e-6);
  expect_close(s.v, v.to(at::kFloat), 1e-5);
}

TEST(Adamw, LeavesWhatIsOutsideTheSegmentsAlone) {
  const State s = random_state(100);
  const Tensor before = s.param.clone();
  step(s, segments_of({10, 20, 50, 51}), at::ones({2, 2}), at::tensor({0.1F, 1.0F, 1.0F, 1.0F}));
  const Tensor changed = s.param != before;
  EXPECT_EQ(changed.sum().item<int64_t>(), 11);
  EXPECT_TRUE(changed.slice(0, 10, 20).all().item<bool>());
  EXPECT_TRUE(changed[50].item<bool>());
}

TEST(Adamw, UsesTheFactorsOfEachSegment) {
  const State s = random_state(4);
  const Tensor before = s.param.clone();
  step(s, segments_of({0, 2, 2, 4}), at::tensor({0.0F, 5.0F, 1.0F, 0.0F}).reshape({2, 2}),
       at::tensor({0.1F, 1.0F, 1.0F, 1.0F}));
  EXPECT_TRUE(at::equal(s.param.slice(0, 0, 2), before.slice(0, 0, 2)));
  EXPECT_TRUE((s.param != before).slice(0, 2, 4).all().item<bool>());
}

TEST(Adamw, DecaysEachSegmentByItsOwnFactor) {
  const Tensor scalars = at::tensor({0.1F, 1.0F, 1.0F, 1.0F});
  const State s = random_state(4);
  step(s, segments_of({0, 2, 2, 4}), at::tensor({1.0F, 0.0F, 1.0F, 0.5F}).reshape({2, 2}), scalars);
  int64_t begin = 0;
  for (const float decay : {0.0F, 0.5F}) {
    const State whole = random_state(4);
    step(whole, segments_of({0, 4}), at::tensor({1.0F, decay}).reshape({1, 2}), scalars);
    EXPECT_TRUE(
        same_bits(s.param.slice(0, begin, begin + 2), whole.param.slice(0, begin, begin + 2)))
        << decay;
    begin += 2;
  }
}

TEST(Adamw, ZeroGradScaleSkipsTheUpdate) {
  const State s = random_state(20);
  const State before{s.param.clone(), s.grad, s.m.clone(), s.v.clone()};
  step(s, segments_of({0, 20}), at::ones({1, 2}), at::tensor({0.1F, 1.0F, 1.0F, 0.0F}));
  EXPECT_TRUE(at::equal(s.param, before.param));
  EXPECT_TRUE(at::equal(s.m, before.m));
  EXPECT_TRUE(at::equal(s.v, before.v));
}

TEST(Adamw, CutsOfSegmentsDoNotChangeBits) {
  const Tensor scalars = at::tensor({0.1F, 0.9F, 0.99F, 0.7F});
  const State whole = random_state(40000);
  step(whole, segments_of({0, 40000}), at::ones({1, 2}), scalars);
  for (const int64_t cut : {1, 15, 16, 17, 333, 16384, 39999}) {
    const State parts = random_state(40000);
    step(parts, segments_of({0, cut, cut, 40000}), at::ones({2, 2}), scalars);
    EXPECT_TRUE(same_bits(whole.param, parts.param)) << cut;
    EXPECT_TRUE(same_bits(whole.m, parts.m)) << cut;
    EXPECT_TRUE(same_bits(whole.v, parts.v)) << cut;
  }
}

TEST(Adamw, BitsDoNotDependOnThreads) {
  expect_same_bits_for_threads([] {
    const State s = random_state(100000);
    step(s, segments_of({5, 70000, 70000, 99999}), at::ones({2, 2}),
         at::tensor({0.1F, 0.9F, 0.99F, 0.7F}));
    return Tensors{s.param, s.m, s.v};
  });
}

TEST(Adamw, NamesTheArgumentThatDoesNotFit) {
  const State s = random_state(8);
  const Tensor scalars = at::ones({4});
  EXPECT_EQ(thrown<ShapeError>([&] {
              step(s, segments_of({0, 9}), at::ones({1, 2}), scalars);
            }),
            "`segments` must be ascending ranges inside [0, 8], but is [0, 9) at 0 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              step(s, segments_of({4, 8, 0, 5}), at::ones({2, 2}), scalars);
            }),
            "`segments` must be ascending ranges inside [0, 8], but is [0, 5) at 1 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              step(s, segments_of({0, 8}), at::ones({2, 2}), scalars);
            }),
            "`factors` must be [n, 2] with n = 1, 2 = 2, but is [2, 2] instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              step({s.param, s.grad.to(at::kDouble), s.m, s.v}, segments_of({0, 8}),
                   at::ones({1, 2}), scalars);
            }),
            "`grad` must be Float, but is Double instead.");
}

}  // namespace tpretrain::ops::adamw_test
