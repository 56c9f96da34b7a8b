#include "train/coupled_step.h"

#include <cmath>
#include <tuple>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/zeros_like.h>

#include "tests/train/support.h"

namespace tpretrain {
namespace {

using testing::bert_batch;
using testing::four_micro_batches;
using testing::kSeed;
using testing::same_bits;
using testing::train_config;
using testing::trainer_of;

/// Two towers over the same text with their own dropout, compared with each other; one of them
/// also predicts masked words.
std::shared_ptr<Model> two_towers(const std::string& scope = "step") {
  const std::string tower =
      "{view: text, embedding: {sum: [word, {position: {max: 32}}], dropout: 0.1}, encoder: "
      "{transformer: {layers: 1, hidden: 32, heads: 2, ffn: 64}}, pool: cls, project: 16}";
  const std::string text =
      "{towers: {a: " + tower + ", b: " + tower +
      "}, target: [{contrastive: {between: [a, b], scale: {init: 5}, scope: " + scope +
      "}}, {mlm: {pass: a, tie: a.embedding.word, weight: 0.5}}]}";
  Faults faults;
  const Node model = parse_yaml(text, "test.yaml");
  const ModelSpec spec =
      read_model_spec(expand_model(model, faults), testing::whole_registry(), faults);
  faults.raise_if_any();
  const ModelContext context{.seed = kSeed, .vocabulary = 11, .positions = {{"text", 32}}};
  return std::make_shared<Model>(spec, context, testing::whole_registry());
}

/// The eight samples of a step as 1, 2 or 4 micro-batches.
std::vector<Batch> cut_into(int parts) {
  const std::vector<int32_t> lengths = {9, 14, 5, 30, 17, 3, 11, 22};
  std::vector<Batch> batches;
  const size_t size = lengths.size() / static_cast<size_t>(parts);
  for (size_t first = 0; first < lengths.size(); first += size) {
    const auto begin = lengths.begin() + static_cast<int64_t>(first);
    batches.push_back(
        bert_batch({begin, begin + static_cast<int64_t>(size)}, static_cast<int64_t>(first)));
  }
  return batches;
}

struct Outcome {
  at::Tensor gradient;
  StepReport report;
};

Outcome train(TrainMode mode, const std::vector<Batch>& batches,
              const std::string& scope = "step") {
  const auto model = two_towers(scope);
  Trainer trainer = trainer_of(*model, train_config(mode));
  StepReport report = trainer.step(batches);
  return {model->buffer().grad().clone(), report};
}

void expect_close(const at::Tensor& actual, const at::Tensor& expected) {
  EXPECT_LE((actual - expected).norm().item<double>(), 1e-5 * expected.norm().item<double>());
}

TEST(CoupledStep, OneTwoAndFourMicroBatchesGiveTheSameGradient) {
  const Outcome whole = train(TrainMode::kFast, cut_into(1));
  ASSERT_GT(whole.gradient.norm().item<double>(), 0);
  for (const int parts : {2, 4}) {
    const Outcome cut = train(TrainMode::kFast, cut_into(parts));
    expect_close(cut.gradient, whole.gradient);
    for (const char* target : {"contrastive", "mlm"}) {
      EXPECT_NEAR(cut.report.losses.at(target), whole.report.losses.at(target), 1e-5) << target;
      EXPECT_EQ(cut.report.accuracy.at(target), whole.report.accuracy.at(target)) << target;
    }
  }
}

TEST(CoupledStep, ScopeMicroComparesWithinAMicroBatchOnly) {
  const Outcome step = train(TrainMode::kFast, cut_into(4));
  const Outcome micro = train(TrainMode::kFast, cut_into(4), "micro");
  EXPECT_GT(step.report.losses.at("contrastive"), micro.report.losses.at("contrastive"))
      << "eight candidates are harder to tell apart than two";
  EXPECT_GT((step.gradient - micro.gradient).norm().item<double>(),
            0.1 * step.gradient.norm().item<double>());
}

/// Features of both towers for each shard, with gradient when asked for.
std::pair<at::Tensor, at::Tensor> features(Passes& passes) {
  return {passes.get("a").projected, passes.get("b").projected};
}

at::Tensor tree(const std::vector<at::Tensor>& x) {
  return (x[0] + x[1]) + (x[2] + x[3]);
}

/// The loss of the rows of one shard against all samples, as the step divides it.
at::Tensor row_block(const at::Tensor& a, const at::Tensor& b, const at::Tensor& log_scale,
                     int64_t first) {
  const at::Tensor all = at::arange(8, at::kLong);
  const at::Tensor own = all.narrow(0, first, 2);
  const at::Tensor na = ops::normalize(a);
  const at::Tensor nb = ops::normalize(b);
  const at::Tensor scale = at::exp(log_scale)[0];
  const at::Tensor from_a =
      std::get<0>(ops::contrastive(na.narrow(0, first, 2), nb, scale, own, all, false));
  const at::Tensor from_b =
      std::get<0>(ops::contrastive(nb.narrow(0, first, 2), na, scale, own, all, false));
  return (from_a + from_b) * 0.5 * (1.0F / 8);
}

TEST(CoupledStep, InExactModeTheGradientIsRowBlocksOnTheFixedTree) {
  const auto model = two_towers();
  const std::vector<Batch> shards = cut_into(4);
  const Phase phase{.training = true, .seed = kSeed};
  at::Tensor log_scale = model->named_parameters()["target.contrastive.scale"];
  std::vector<at::Tensor> parts_a;
  std::vector<at::Tensor> parts_b;
  Counts counts;
  for (const Batch& shard : shards) {
    const at::NoGradGuard no_grad;
    const auto [a, b] = features(*model->passes(shard, phase));
    parts_a.push_back(a);
    parts_b.push_back(b);
    for (const auto& [name, count] : model->count(shard)) {
      counts[name] += count;
    }
  }
  std::vector<at::Tensor> grads_a;
  std::vector<at::Tensor> grads_b;
  std::vector<at::Tensor> grads_scale;
  for (int64_t v = 0; v < 4; ++v) {
    at::Tensor a = at::cat(parts_a).requires_grad_();
    at::Tensor b = at::cat(parts_b).requires_grad_();
    model->zero_grad();
    row_block(a, b, log_scale, 2 * v).backward();
    grads_a.push_back(a.grad());
    grads_b.push_back(b.grad());
    grads_scale.push_back(log_scale.grad().clone());
  }
  const at::Tensor grad_a = tree(grads_a);
  const at::Tensor grad_b = tree(grads_b);
  std::vector<at::Tensor> flat;
  for (size_t v = 0; v < 4; ++v) {
    model->zero_grad();
    const auto passes = model->passes(shards[v], phase);
    const Losses mlm = model->losses(*passes, shards[v], phase,
                                     [](const Target& target) { return target.name() == "mlm"; });
    const auto first = static_cast<int64_t>(2 * v);
    const auto [a, b] = features(*passes);
    (Model::objective(mlm, counts) + (a * grad_a.narrow(0, first, 2)).sum() +
     (b * grad_b.narrow(0, first, 2)).sum())
        .backward();
    log_scale.mutable_grad().add_(grads_scale[v]);
    flat.push_back(model->buffer().grad().clone());
  }
  const Outcome trained = train(TrainMode::kExact, shards);
  EXPECT_TRUE(same_bits(trained.gradient, tree(flat)));
  EXPECT_FALSE(same_bits(trained.gradient, ((flat[0] + flat[1]) + flat[2]) + flat[3]))
      << "the case can not tell a tree from a chain";
}

TEST(CoupledStep, IsNeededForCoupledTargetsOnly) {
  EXPECT_TRUE(CoupledStep::needed(*two_towers()));
  EXPECT_FALSE(CoupledStep::needed(*two_towers("micro")));
  EXPECT_FALSE(CoupledStep::needed(*testing::tiny_bert()));
}

TEST(CoupledStep, ATrainedScaleStaysWithinItsBounds) {
  const auto model = two_towers();
  TrainConfig config = train_config();
  config.optimizer = testing::choice("{adamw: {lr: 10}}");
  Trainer trainer = trainer_of(*model, config);
  for (int64_t step = 0; step < 3; ++step) {
    trainer.step(four_micro_batches(step));
    const auto scale = model->named_parameters()["target.contrastive.scale"].item<double>();
    EXPECT_GE(scale, 0);
    EXPECT_LE(scale, std::log(100.0) + 1e-6);
  }
}

}  // namespace
}  // namespace tpretrain
