#include "tpretrain/train/trainer.h"

#include <cmath>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/ops/zeros_like.h>

#include "tests/train/support.h"

namespace tpretrain {
namespace {

using testing::bert_batch;
using testing::four_micro_batches;
using testing::kSeed;
using testing::same_bits;
using testing::state_of;
using testing::tiny_bert;
using testing::train_config;
using testing::trainer_of;

/// Items of the whole step, counted from the batches' labels.
Counts counted(const std::vector<Batch>& batches) {
  Counts counts;
  for (const Batch& batch : batches) {
    counts["mlm"] += static_cast<double>(batch.at("mlm.labels").numel());
    counts["nsp"] += static_cast<double>(batch.samples());
  }
  return counts;
}

/// The gradient of each micro-batch alone, from a gradient of zeros, with the step's denominators.
std::vector<at::Tensor> gradients(Model& model, const std::vector<Batch>& batches) {
  const Counts counts = counted(batches);
  std::vector<at::Tensor> result;
  for (const Batch& batch : batches) {
    model.buffer().grad().zero_();
    Model::objective(model.forward(batch, {.training = true, .seed = kSeed}), counts).backward();
    result.push_back(model.buffer().grad().clone());
  }
  return result;
}

/// The gradient that a trainer meets for the same model and batches.
at::Tensor trained_gradient(TrainMode mode, const std::vector<Batch>& batches) {
  const auto model = tiny_bert();
  Trainer trainer = trainer_of(*model, train_config(mode));
  trainer.step(batches);
  return model->buffer().grad().clone();
}

TEST(Trainer, InExactModeTheGradientIsTheFixedTreeOverFourShards) {
  const auto model = tiny_bert();
  const std::vector<Batch> shards = four_micro_batches();
  const std::vector<at::Tensor> g = gradients(*model, shards);
  const at::Tensor expected = (g[0] + g[1]) + (g[2] + g[3]);
  ASSERT_GT(expected.abs().sum().item<float>(), 0);
  EXPECT_TRUE(same_bits(trained_gradient(TrainMode::kExact, shards), expected));
  const at::Tensor in_order = ((g[0] + g[1]) + g[2]) + g[3];
  EXPECT_FALSE(same_bits(in_order, expected)) << "the case can not tell a tree from a chain";
}

TEST(Trainer, InFastModeTheGradientIsTheSumInOrder) {
  const auto model = tiny_bert();
  const std::vector<Batch> batches = four_micro_batches();
  model->zero_grad();
  const Counts counts = counted(batches);
  for (const Batch& batch : batches) {
    Model::objective(model->forward(batch, {.training = true, .seed = kSeed}), counts).backward();
  }
  EXPECT_TRUE(same_bits(trained_gradient(TrainMode::kFast, batches), model->buffer().grad()));
}

TEST(Trainer, AccumulationIsTheWholeBatch) {
  const at::Tensor parts = trained_gradient(TrainMode::kFast, four_micro_batches());
  const Batch whole = bert_batch({9, 14, 5, 30, 17, 3, 11, 22}, 0);
  const at::Tensor at_once = trained_gradient(TrainMode::kFast, {whole});
  const double error = (parts - at_once).norm().item<double>();
  EXPECT_LE(error, 1e-5 * at_once.norm().item<double>());
}

TEST(Trainer, ReportsMeansOverTheWholeStep) {
  const auto model = tiny_bert("0");
  const std::vector<Batch> batches = four_micro_batches();
  double mlm = 0;
  double correct = 0;
  for (const Batch& batch : batches) {
    const Losses losses = model->forward(batch, {.training = true, .seed = kSeed});
    mlm += losses[0].sum.item<double>();
    correct += losses[0].correct.item<double>();
  }
  Trainer trainer = trainer_of(*model, train_config());
  const StepReport report = trainer.step(batches);
  const Counts counts = counted(batches);
  EXPECT_EQ(report.counts, counts);
  EXPECT_NEAR(report.losses.at("mlm"), mlm / counts.at("mlm"), 1e-12);
  EXPECT_NEAR(report.accuracy.at("mlm"), correct / counts.at("mlm"), 1e-12);
  EXPECT_NEAR(report.loss, report.losses.at("mlm") + report.losses.at("nsp"), 1e-12);
  EXPECT_EQ(report.step, 1);
  EXPECT_EQ(report.samples, 8);
  EXPECT_EQ(report.tokens, 9 + 14 + 5 + 30 + 17 + 3 + 11 + 22);
  trainer.step(four_micro_batches(1));
  EXPECT_EQ(trainer.state().samples, 16);
  EXPECT_EQ(trainer.state().updates, 2);
}

at::Tensor after_five_steps(int threads) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  const auto model = tiny_bert();
  Trainer trainer = trainer_of(*model, train_config());
  for (int64_t step = 0; step < 5; ++step) {
    trainer.step(four_micro_batches(step));
  }
  at::set_num_threads(before);
  return model->buffer().flat().clone();
}

TEST(Trainer, ThreadsDoNotChangeABit) {
  const at::Tensor one = after_five_steps(1);
  EXPECT_TRUE(same_bits(after_five_steps(2), one));
  EXPECT_TRUE(same_bits(after_five_steps(3), one));
}

TEST(Trainer, ClippingScalesTheGradientAndReportsTheNormBefore) {
  const std::vector<Batch> batches = four_micro_batches();
  const auto free_model = tiny_bert();
  Trainer free_trainer = trainer_of(*free_model, train_config());
  const double norm = free_trainer.step(batches).grad_norm;
  EXPECT_NEAR(norm, free_model->buffer().grad().to(at::kDouble).norm().item<double>(), 1e-6 * norm);

  const auto model = tiny_bert();
  TrainConfig config = train_config();
  config.clip = norm / 4;
  Trainer trainer = trainer_of(*model, config);
  EXPECT_EQ(trainer.step(batches).grad_norm, norm);
  const at::Tensor expected = state_of(free_trainer, "m") / 4;
  const at::Tensor m = state_of(trainer, "m");
  EXPECT_LE((m - expected).norm().item<double>(), 1e-5 * expected.norm().item<double>());

  const auto loose_model = tiny_bert();
  config.clip = norm * 4;
  Trainer loose = trainer_of(*loose_model, config);
  loose.step(batches);
  EXPECT_TRUE(same_bits(state_of(loose, "m"), state_of(free_trainer, "m")));
}

/// Makes the loss NaN until it is put back.
class Poison {
 public:
  explicit Poison(Model& model)
      : bias_(model.buffer().parameter("target.nsp.classifier.bias")), kept_(bias_.clone()) {
    bias_.fill_(std::numeric_limits<float>::quiet_NaN());
  }

  ~Poison() { bias_.copy_(kept_); }

  Poison(const Poison&) = delete;
  Poison& operator=(const Poison&) = delete;

 private:
  at::Tensor bias_;
  at::Tensor kept_;
};

TEST(Trainer, ASkippedStepChangesNoBitAndNamesAParameter) {
  const auto model = tiny_bert();
  Trainer trainer = trainer_of(*model, train_config());
  trainer.step(four_micro_batches(0));
  const at::Tensor parameters = model->buffer().flat().clone();
  const at::Tensor m = state_of(trainer, "m").clone();
  const at::Tensor v = state_of(trainer, "v").clone();
  {
    const Poison poison(*model);
    const StepReport report = trainer.step(four_micro_batches(1));
    EXPECT_TRUE(report.skipped);
    EXPECT_NE(model->buffer().find(report.blame), nullptr) << report.blame;
  }
  EXPECT_TRUE(same_bits(model->buffer().flat(), parameters));
  EXPECT_TRUE(same_bits(state_of(trainer, "m"), m));
  EXPECT_TRUE(same_bits(state_of(trainer, "v"), v));
  EXPECT_EQ(trainer.state().step, 2);
  EXPECT_EQ(trainer.state().updates, 1);
  EXPECT_EQ(trainer.state().skipped, 1);
  EXPECT_FALSE(trainer.step(four_micro_batches(2)).skipped);
  EXPECT_EQ(trainer.state().skipped_in_a_row, 0);
}

TEST(Trainer, BiasCorrectionCountsAppliedUpdatesOnly) {
  const auto skipping = tiny_bert();
  Trainer first = trainer_of(*skipping, train_config());
  {
    const Poison poison(*skipping);
    first.step(four_micro_batches(0));
  }
  first.step(four_micro_batches(1));
  const auto straight = tiny_bert();
  Trainer second = trainer_of(*straight, train_config());
  second.step(four_micro_batches(1));
  EXPECT_TRUE(same_bits(skipping->buffer().flat(), straight->buffer().flat()));
}

TEST(Trainer, TooManySkippedStepsInARowAreAnError) {
  const auto model = tiny_bert();
  TrainConfig config = train_config();
  config.skip_limit = 2;
  Trainer trainer = trainer_of(*model, config);
  const Poison poison(*model);
  EXPECT_TRUE(trainer.step(four_micro_batches(0)).skipped);
  EXPECT_TRUE(trainer.step(four_micro_batches(1)).skipped);
  const std::string error =
      testing::message_of<NumericsError>([&] { trainer.step(four_micro_batches(2)); });
  EXPECT_NE(error.find("step 3: 3 steps in a row had a loss or gradient that is not finite"),
            std::string::npos)
      << error;
}

TEST(Trainer, NothingToTrainIsAnError) {
  const auto model = tiny_bert();
  ModelSpec spec = model->spec();
  spec.freeze = {{"*", {}}};
  Model frozen(spec, {.seed = 1, .vocabulary = 11, .positions = {{"text", 32}}},
               testing::whole_registry());
  EXPECT_EQ(testing::message_of<ConfigError>([&] { trainer_of(frozen, train_config()); }),
            "nothing to train: every parameter is frozen");
}

TEST(Trainer, FrozenParametersStayAsTheyAre) {
  const auto model = tiny_bert();
  ModelSpec spec = model->spec();
  spec.freeze = {{"encoder", {}}};
  Model half(spec, {.seed = 1, .vocabulary = 11, .positions = {{"text", 32}}},
             testing::whole_registry());
  const at::Tensor before = half.buffer().flat().clone();
  Trainer trainer = trainer_of(half, train_config());
  trainer.step(four_micro_batches());
  for (const Segment& segment : half.buffer().segments()) {
    const auto part = [&](const at::Tensor& flat) {
      return flat.slice(0, segment.offset, segment.offset + segment.length);
    };
    EXPECT_EQ(same_bits(part(half.buffer().flat()), part(before)), segment.frozen) << segment.name;
  }
}

TEST(EvaluateModel, IsTheMeanOverAllBatchesWithoutDropout) {
  const auto model = tiny_bert("0.5");
  const std::vector<Batch> batches = four_micro_batches();
  const auto visit = [&](const auto& use) {
    for (const Batch& batch : batches) {
      use(batch);
    }
  };
  const LossReport first = evaluate_model(*model, 1, visit);
  const LossReport other_seed = evaluate_model(*model, 2, visit);
  EXPECT_EQ(first.losses, other_seed.losses);
  double sum = 0;
  for (const Batch& batch : batches) {
    sum += model->forward(batch, {})[0].sum.item<double>();
  }
  EXPECT_NEAR(first.losses.at("mlm"), sum / counted(batches).at("mlm"), 1e-12);
  EXPECT_EQ(evaluate_model(*model, 1, [](const auto&) {}).loss, 0);
}

}  // namespace
}  // namespace tpretrain
