// A tiny random BERT against Hugging Face's BertForPreTraining: golden files made by
// tools/golden/bert_golden.py.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <gtest/gtest.h>

#include "tpretrain/core/model.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/interop/convert.h"
#include "tpretrain/train/pretrain.h"
#include "tpretrain/train/trainer.h"
#include "train/exchange.h"

namespace tpretrain {
namespace {

const std::string kGolden = TP_SOURCE_DIR "/tests/golden/bert/";

at::Tensor tensor_of(const SafetensorsFile& file, const std::string& name) {
  const SafetensorsTensor& tensor = file.at(name);
  const auto type = tensor.type == TensorType::kF32   ? at::kFloat
                    : tensor.type == TensorType::kI64 ? at::kLong
                                                      : at::kInt;
  return at::from_blob(const_cast<std::byte*>(tensor.data.data()), tensor.shape, type).clone();
}

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

class BertParity : public testing::Test {
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

void expect_close(const at::Tensor& ours, const at::Tensor& theirs, double bound,
                  const std::string& what) {
  ASSERT_EQ(ours.sizes(), theirs.sizes()) << what;
  EXPECT_LE((ours - theirs).abs().max().item<double>(), bound) << what;
}

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
  const ParameterBuffer& buffer = model_.buffer();
  const at::Tensor reference = at::zeros_like(buffer.grad());
  const auto slots = weight_slots(buffer, reference);
  import_weights(reference_, "reference.safetensors", "hf", slots, {.prefix = "grad."});
  const double all = reference.to(at::kDouble).norm().item<double>();
  ASSERT_GT(all, 0);
  for (const Segment& segment : buffer.segments()) {
    const auto part = [&segment](const at::Tensor& flat) {
      return flat.narrow(0, segment.offset, segment.length).to(at::kDouble);
    };
    const double error = (part(buffer.grad()) - part(reference)).norm().item<double>();
    const double size = part(reference).norm().item<double>();
    EXPECT_LE(error, 1e-4 * std::max(size, 1e-4 * all)) << segment.name;
  }
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
