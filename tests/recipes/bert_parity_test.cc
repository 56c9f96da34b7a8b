// A tiny random BERT against Hugging Face's BertForPreTraining: golden files made by
// tools/golden/bert_golden.py.
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "tests/recipes/parity.h"
#include "tpretrain/core/model.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/train/pretrain.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {
namespace {

using testing::expect_close;
using testing::expect_gradients_of;
using testing::tensor_of;

const std::string kGolden = TP_SOURCE_DIR "/tests/golden/bert/";

Batch golden_batch(const SafetensorsFile& file, int64_t index) {
  const auto get = [&](const std::string& name) {
    return tensor_of(file, std::to_string(index) + "." + name);
  };
  const at::Tensor lengths = get("lengths").to(at::kInt);
  Batch batch;
  batch.set("text.ids", get("ids"));
  batch.set("text.segment", get("segments"));
  batch.set("text.offsets",
            at::cat({at::zeros({1}, at::kInt), at::cumsum(lengths, 0).to(at::kInt)}));
  batch.set("mlm.rows", get("mlm_rows"));
  batch.set("mlm.labels", get("mlm_labels"));
  batch.set("pair.label", get("nsp_labels"));
  batch.set("ordinal", at::arange(lengths.size(0), at::kLong));
  batch.set_number("text.max_length", lengths.max().item<int64_t>());
  return batch;
}

void import_golden(Model& model) {
  const SafetensorsFile file(kGolden + "model.safetensors");
  const auto slots = weight_slots(model.buffer(), model.buffer().flat());
  import_weights(file, "model.safetensors", "hf", slots);
}

class BertParity : public ::testing::Test {
 protected:
  BertParity()
      : registry_(builtin_registry()),
        recipe_(load_recipe(TP_SOURCE_DIR "/tests/recipes/tiny_parity.yaml", {}, registry_)),
        model_(recipe_.model, {.seed = 1, .vocabulary = 120, .positions = {{"text", 64}}},
               registry_),
        batches_(kGolden + "batches.safetensors"),
        reference_(kGolden + "reference.safetensors") {
    import_golden(model_);
  }

  Registry registry_;
  Recipe recipe_;
  Model model_;
  SafetensorsFile batches_;
  SafetensorsFile reference_;
};

TEST_F(BertParity, HiddenStatesPooledAndLossesAreTheReferences) {
  const Batch batch = golden_batch(batches_, 0);
  std::map<std::string, at::Tensor> outputs;
  const Losses losses = model_.trace(batch, {.training = false, .seed = 1}, outputs);
  expect_close(outputs.at("main.hidden").detach(), tensor_of(reference_, "hidden.2"), 1e-5,
               "hidden.2");
  expect_close(outputs.at("main.pooled").detach(), tensor_of(reference_, "pooled"), 1e-5, "pooled");
  const Counts counts = model_.count(batch);
  for (const LossTerm& loss : losses) {
    const double mean = loss.sum.item<double>() / counts.at(loss.name);
    EXPECT_NEAR(mean, tensor_of(reference_, "loss." + loss.name).item<double>(), 1e-5) << loss.name;
  }
}

TEST_F(BertParity, StatesOfEveryLayerAreTheReferences) {
  const Batch batch = golden_batch(batches_, 0);
  ModelSpec spec = recipe_.model;
  for (int64_t layer = 0; layer < 2; ++layer) {
    spec.passes.push_back({.name = "from" + std::to_string(layer),
                           .encoder = "encoder",
                           .source = "main",
                           .from_layer = layer});
  }
  Model tapped(spec, {.seed = 1, .vocabulary = 120, .positions = {{"text", 64}}}, registry_);
  import_golden(tapped);
  std::map<std::string, at::Tensor> outputs;
  tapped.trace(batch, {.training = false, .seed = 1}, outputs);
  for (int64_t layer = 0; layer < 2; ++layer) {
    const std::string name = std::to_string(layer);
    expect_close(outputs.at("main.layers." + name).detach(),
                 tensor_of(reference_, "hidden." + name), 1e-5, "hidden." + name);
    expect_close(outputs.at("from" + name + ".hidden").detach(), tensor_of(reference_, "hidden.2"),
                 1e-5, "continued from " + name);
  }
}

TEST_F(BertParity, GradientsAreTheReferences) {
  const Batch batch = golden_batch(batches_, 0);
  model_.zero_grad();
  Model::objective(model_.forward(batch, {.training = true, .seed = 1}), model_.count(batch))
      .backward();
  expect_gradients_of(model_.buffer(), reference_, "hf");
}

TEST_F(BertParity, HundredStepsFollowThePlainAdamWLoop) {
  const at::Tensor reference = tensor_of(SafetensorsFile(kGolden + "curve.safetensors"), "losses");
  Trainer trainer(model_, recipe_.config.train, 1, {.total = 100, .epoch = 0}, registry_,
                  Communicator::single());
  for (int64_t step = 0; step < 100; ++step) {
    std::vector<Batch> micro = {golden_batch(batches_, step % 4)};
    const StepReport report = trainer.step(micro);
    EXPECT_NEAR(report.losses.at("mlm"), reference[step][0].item<double>(), 1e-3) << step;
    EXPECT_NEAR(report.losses.at("nsp"), reference[step][1].item<double>(), 1e-3) << step;
  }
}

TEST_F(BertParity, ExportGivesBackWhatWasImported) {
  const SafetensorsFile original(kGolden + "model.safetensors");
  const auto slots = weight_slots(model_.buffer(), model_.buffer().flat());
  const ExportedWeights exported = export_weights("hf", slots);
  EXPECT_EQ(exported.weights.size(), original.tensors().size());
  for (const ForeignWeight& weight : exported.weights) {
    const SafetensorsTensor tensor = weight.tensor();
    const SafetensorsTensor& before = original.at(tensor.name);
    EXPECT_EQ(tensor.shape, before.shape) << tensor.name;
    EXPECT_EQ(std::memcmp(tensor.data.data(), before.data.data(), tensor.data.size()), 0)
        << tensor.name;
  }
}

}  // namespace
}  // namespace tpretrain
