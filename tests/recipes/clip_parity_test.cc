// Tiny random CLIP, SigLIP and ViT against open_clip, Hugging Face and timm: golden files made by
// tools/golden/clip_golden.py.
#include <map>
#include <memory>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/zeros.h>

#include "tests/recipes/parity.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/ops/ops.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain {
namespace {

using testing::expect_close;
using testing::expect_gradients_of;
using testing::tensor_of;

const std::string kClipGolden = TP_SOURCE_DIR "/tests/golden/clip/";

const char* kClip = R"(
towers:
  image:
    embedding: [{patch: {size: 8, resolution: 32, bias: false, cls: true}}, position]
    encoder: {transformer: {layers: 2, hidden: 32, heads: 4, ffn: 64, order: pre, norm_input: true, norm_output: false, activation: quick_gelu, dropout: 0}}
    pool: {cls: {norm: layer}}
    project: 16
  text:
    embedding: [word, {position: {max: 12}}]
    encoder: {transformer: {layers: 2, hidden: 24, heads: 3, ffn: 48, order: pre, norm_output: false, causal: true, activation: quick_gelu, dropout: 0}}
    pool: {last: {norm: layer}}
    project: 16
target: {contrastive: {between: [image, text]}}
)";

const char* kSiglip = R"(
towers:
  image:
    embedding: [{patch: {size: 8, resolution: 32}}, position]
    encoder: {transformer: {layers: 2, hidden: 24, heads: 3, ffn: 48, order: pre, norm: {layer: {eps: 1e-6}}, activation: gelu_tanh, dropout: 0}}
    pool: {attention: {heads: 3, ffn: 48, norm: {layer: {eps: 1e-6}}, activation: gelu_tanh}}
  text:
    embedding: [word, {position: {max: 12}}]
    encoder: {transformer: {layers: 2, hidden: 16, heads: 2, ffn: 32, order: pre, norm: {layer: {eps: 1e-6}}, activation: gelu_tanh, dropout: 0}}
    pool: last
    project: {size: 24, bias: true}
target: {sigmoid_contrastive: {between: [image, text]}}
)";

const char* kVit = R"(
parts:
  embedding: {view: image, embedding: [{patch: {size: 8, resolution: 32, cls: true}}, position]}
  encoder: {encoder: {transformer: {layers: 2, hidden: 24, heads: 3, ffn: 48, order: pre, norm: {layer: {eps: 1e-6}}, dropout: 0}}}
passes:
  image: {input: embedding, encoder: encoder, pool: cls}
target: {classify: {classes: 5}}
)";

std::unique_ptr<Model> model_of(const char* text) {
  const Registry registry = builtin_registry();
  Faults faults;
  const ModelSpec spec =
      read_model_spec(expand_model(parse_yaml(text, "test.yaml"), faults), registry, faults);
  faults.raise_if_any();
  const ModelContext context{.seed = 1, .vocabulary = 60, .positions = {{"text", 12}}};
  return std::make_unique<Model>(spec, context, registry);
}

void load(Model& model, const std::string& file, const std::string& library) {
  const auto slots = weight_slots(model.buffer(), model.buffer().flat());
  const ImportReport report =
      import_weights(SafetensorsFile(kClipGolden + file), file, library, slots);
  EXPECT_EQ(report.loaded.size(), slots.size());
  EXPECT_TRUE(report.unexpected.empty()) << report.unexpected[0];
}

Batch batch_of(const SafetensorsFile& file) {
  Batch batch;
  batch.set("image.pixels", tensor_of(file, "image.pixels"));
  batch.set("ordinal", at::arange(batch.at("image.pixels").size(0), at::kLong));
  if (file.find("text.ids") != nullptr) {
    const at::Tensor lengths = tensor_of(file, "text.lengths").to(at::kInt);
    batch.set("text.ids", tensor_of(file, "text.ids").to(at::kInt));
    batch.set("text.offsets",
              at::cat({at::zeros({1}, at::kInt), at::cumsum(lengths, 0).to(at::kInt)}));
    batch.set_number("text.max_length", lengths.max().item<int64_t>());
  } else {
    batch.set("class.label", tensor_of(file, "labels").to(at::kLong));
  }
  return batch;
}

/// Features, loss and gradients of a model of two towers.
void expect_pair_parity(const char* text, const std::string& name, const std::string& library) {
  const auto model = model_of(text);
  load(*model, name + "_" + library + ".safetensors", library);
  const SafetensorsFile reference(kClipGolden + name + "_reference.safetensors");
  const Batch batch = batch_of(reference);
  std::map<std::string, at::Tensor> outputs;
  const Losses losses = model->trace(batch, {.training = false, .seed = 1}, outputs);
  for (const std::string tower : {"image", "text"}) {
    const auto projected = outputs.find(tower + ".projected");
    const at::Tensor features =
        (projected == outputs.end() ? outputs.at(tower + ".pooled") : projected->second).detach();
    expect_close(features, tensor_of(reference, tower + ".projected"), 1e-5, tower);
    expect_close(ops::normalize(features), tensor_of(reference, tower + ".features"), 1e-5, tower);
  }
  const double loss = losses.at(0).sum.item<double>() / static_cast<double>(batch.samples());
  EXPECT_NEAR(loss, tensor_of(reference, "loss").item<double>(), 1e-5);
  model->zero_grad();
  Model::objective(model->forward(batch, {.training = true, .seed = 1}), model->count(batch))
      .backward();
  expect_gradients_of(model->buffer(), reference, "open_clip");
}

TEST(ClipParity, OpenClipWeightsGiveItsFeaturesLossAndGradients) {
  expect_pair_parity(kClip, "clip", "open_clip");
}

TEST(ClipParity, HuggingFaceWeightsGiveTheSame) {
  expect_pair_parity(kClip, "clip", "hf");
}

TEST(SiglipParity, OpenClipWeightsGiveItsFeaturesLossAndGradients) {
  expect_pair_parity(kSiglip, "siglip", "open_clip");
}

TEST(SiglipParity, HuggingFaceWeightsGiveTheSame) {
  expect_pair_parity(kSiglip, "siglip", "hf");
}

void expect_vit_parity(const std::string& library) {
  const auto model = model_of(kVit);
  load(*model, "vit_" + library + ".safetensors", library);
  const SafetensorsFile reference(kClipGolden + "vit_reference.safetensors");
  const Batch batch = batch_of(reference);
  std::map<std::string, at::Tensor> outputs;
  const Losses losses = model->trace(batch, {.training = false, .seed = 1}, outputs);
  expect_close(outputs.at("image.hidden").detach().view({-1, 17, 24}),
               tensor_of(reference, "image.hidden"), 1e-5, "hidden");
  const double loss = losses.at(0).sum.item<double>() / static_cast<double>(batch.samples());
  EXPECT_NEAR(loss, tensor_of(reference, "loss").item<double>(), 1e-5);
  model->zero_grad();
  Model::objective(model->forward(batch, {.training = true, .seed = 1}), model->count(batch))
      .backward();
  expect_gradients_of(model->buffer(), reference, "timm");
}

TEST(VitParity, TimmWeightsGiveItsStatesLossAndGradients) {
  expect_vit_parity("timm");
}

TEST(VitParity, HuggingFaceWeightsGiveTheSame) {
  expect_vit_parity("hf");
}

}  // namespace
}  // namespace tpretrain
