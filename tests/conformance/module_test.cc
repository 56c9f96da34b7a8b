/// What every embedding, encoder, pool and target must do, whatever it computes.
#include <ATen/ops/equal.h>

#include "tests/conformance/drive.h"

namespace tpretrain::testing {

namespace {

const std::vector<int32_t>& lengths() {
  static const std::vector<int32_t> value = {5, 1, 7, 2};
  return value;
}

at::Tensor states(const Batch& batch, const Driver& driver, at::ScalarType dtype = at::kDouble) {
  return random_sequence(batch, driver.width(), 3, dtype).x;
}

}  // namespace

class ModuleConformance : public ::testing::TestWithParam<std::string> {
 protected:
  const Registry::Entry& entry() const { return entry_named(GetParam()); }

  std::unique_ptr<Driver> driver(uint64_t seed = 1, at::ScalarType dtype = at::kDouble) const {
    std::unique_ptr<Driver> made = make_driver(entry(), seed, dtype);
    if (made == nullptr) {
      throw InternalError("no driver for kind '" + entry().kind + "'");
    }
    return made;
  }
};

TEST_P(ModuleConformance, RunsForwardAndBackward) {
  const auto run = driver(1, at::kFloat);
  const Batch batch = full_batch(lengths());
  at::Tensor x = states(batch, *run, at::kFloat).requires_grad_();
  const at::Tensor y = run->run(batch, x, training_call());
  EXPECT_EQ(y.scalar_type(), at::kFloat);
  EXPECT_TRUE(y.isfinite().all().item<bool>());
  if (!y.requires_grad()) {
    EXPECT_TRUE(run->module().named_parameters().is_empty()) << "parameters take no part";
    return;
  }
  weighted_sum(y).backward();
  for (const auto& parameter : run->module().named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<float>(), 0) << parameter.key();
  }
}

TEST_P(ModuleConformance, GradientMatchesFiniteDifferences) {
  const auto run = driver();
  const Batch batch = full_batch({3, 1});
  at::Tensor x = states(batch, *run);
  x.requires_grad_();
  auto leaves = leaves_of(run->module());
  if (entry().kind != "embedding") {
    leaves.emplace_back("x", x);
  }
  expect_gradients([&] { return weighted_sum(run->run(batch, x, training_call())); }, leaves, 1e-5);
}

TEST_P(ModuleConformance, StateGoesRoundThroughItsParameters) {
  const auto from = driver(1);
  const auto to = driver(2);
  const Batch batch = full_batch(lengths());
  const at::Tensor x = states(batch, *from);
  auto values = from->module().named_parameters();
  for (auto& parameter : to->module().named_parameters()) {
    parameter.value().data().copy_(values[parameter.key()]);
  }
  EXPECT_TRUE(same_bits(from->run(batch, x, {}), to->run(batch, x, {})));
}

TEST_P(ModuleConformance, TheSeedDecidesTheInitialValues) {
  const auto values = [&](uint64_t seed) {
    std::vector<at::Tensor> all = {at::zeros({1}, at::kDouble)};
    for (const auto& parameter : driver(seed)->module().named_parameters()) {
      all.push_back(parameter.value().detach().flatten());
    }
    return at::cat(all);
  };
  const at::Tensor first = values(1);
  EXPECT_TRUE(same_bits(first, values(1)));
  bool drawn = false;  // some component's parameters are all constants at first
  for (const auto& parameter : driver()->module().named_parameters()) {
    drawn = drawn || !at::equal(parameter.value(),
                                parameter.value().flatten()[0].expand_as(parameter.value()));
  }
  EXPECT_EQ(same_bits(first, values(2)), !drawn);
}

TEST_P(ModuleConformance, TheKeyDecidesTheDraws) {
  const auto run = driver();
  const Batch batch = full_batch(lengths());
  const at::Tensor x = states(batch, *run);
  EXPECT_TRUE(
      same_bits(run->run(batch, x, training_call(5)), run->run(batch, x, training_call(5))));
  const bool drops = !same_bits(run->run(batch, x, training_call(5)), run->run(batch, x, {}));
  EXPECT_EQ(drops,
            !same_bits(run->run(batch, x, training_call(5)), run->run(batch, x, training_call(6))));
}

TEST_P(ModuleConformance, EvaluationDrawsNothing) {
  const auto run = driver();
  const Batch batch = full_batch(lengths());
  const at::Tensor x = states(batch, *run);
  Call other;
  other.key = 99;
  Batch elsewhere = full_batch(lengths());
  elsewhere.set("ordinal", elsewhere.at("ordinal") + 100);
  EXPECT_TRUE(same_bits(run->run(batch, x, {}), run->run(elsewhere, x, other)));
}

TEST_P(ModuleConformance, ShardsOfABatchEqualTheWhole) {
  const auto run = driver();
  const Batch whole = full_batch(lengths());
  const at::Tensor x = states(whole, *run);
  const at::Tensor expected = run->run(whole, x, training_call());
  std::vector<at::Tensor> parts;
  auto* target = dynamic_cast<TargetDriver*>(run.get());
  const bool coupled = target != nullptr && target->coupled();
  int64_t begin = 0;
  for (size_t s = 0; s < lengths().size(); ++s) {
    const int32_t length = lengths()[s];
    if (coupled) {  // sees all samples, and sums the losses of its own
      target->own({static_cast<int64_t>(s), 1});
      parts.push_back(run->run(whole, x, training_call()));
      continue;
    }
    const Batch shard = full_batch({length}, static_cast<int64_t>(s));
    parts.push_back(run->run(shard, x.slice(0, begin, begin + length), training_call()));
    begin += length;
  }
  if (run->rows()) {
    expect_near(at::cat(parts, 0), expected, 1e-12);
    return;
  }
  at::Tensor sum = at::zeros({}, at::kDouble);
  for (const at::Tensor& part : parts) {
    sum = sum + part;
  }
  expect_near(sum, expected, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(
    Registry, ModuleConformance,
    ::testing::ValuesIn(entry_names({"embedding", "encoder", "pool", "target"})), test_name);

}  // namespace tpretrain::testing
