#include "train/trace.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/GradMode.h>

#include "tpretrain/base/error.h"
#include "tpretrain/data/loader.h"
#include "tpretrain/train/pipeline.h"
#include "train/tensor_file.h"

namespace tpretrain {
namespace {

constexpr std::string_view kPrefix = "batch.";
constexpr std::string_view kOffsets = ".offsets";

/// Longest sequence between neighbouring offsets, which are checked: kernels trust them.
int64_t longest(const at::Tensor& offsets, const std::string& label, const std::string& name) {
  const bool fits = offsets.dim() == 1 && offsets.size(0) >= 2 && offsets.scalar_type() == at::kInt;
  int64_t most = 0;
  int32_t before = 0;
  for (int64_t i = 0; fits && i < offsets.size(0); ++i) {
    const int32_t at = offsets.data_ptr<int32_t>()[i];
    if ((i == 0 && at != 0) || at < before) {
      most = -1;
      break;
    }
    most = std::max<int64_t>(most, at - before);
    before = at;
  }
  if (!fits || most < 0) {
    throw DataError(label + ": `" + name + "` must be I32 [S + 1], begin with 0 and never fall");
  }
  return most;
}

/// The ids of a view must be as many as its offsets say.
void check_lengths(const Batch& batch, const std::string& label) {
  for (const auto& [name, tensor] : batch.tensors()) {
    if (!name.ends_with(kOffsets)) {
      continue;
    }
    const int32_t tokens = tensor.data_ptr<int32_t>()[tensor.size(0) - 1];
    const std::string ids = name.substr(0, name.rfind('.')) + ".ids";
    if (batch.has(ids) && batch.at(ids).numel() != tokens) {
      throw DataError(label + ": `" + ids + "` must be [" + std::to_string(tokens) +
                      "], the last of `" + name + "`, but is [" +
                      std::to_string(batch.at(ids).numel()) + "] instead.");
    }
  }
}

/// Samples of a view: one a sequence, unless `<view>.sample` says whose each sequence is.
int64_t samples_of_view(const Batch& batch, const std::string& view, const std::string& label) {
  const int64_t sequences = batch.at(view + std::string(kOffsets)).size(0) - 1;
  const std::string name = view + ".sample";
  if (!batch.has(name)) {
    return sequences;
  }
  const at::Tensor& owners = batch.at(name);
  const bool fits =
      owners.dim() == 1 && owners.size(0) == sequences && owners.scalar_type() == at::kInt;
  int64_t last = -1;
  for (int64_t i = 0; fits && i < sequences; ++i) {
    last = std::max<int64_t>(last, owners.data_ptr<int32_t>()[i]);
  }
  if (!fits || last >= sequences) {
    throw DataError(label + ": `" + name + "` must be I32 [S] with numbers below S",
                    "give `ordinal` where a sample has no sequence");
  }
  return last + 1;
}

/// How many samples a batch without `ordinal` has.
int64_t count_samples(const Batch& batch, const Processor& processor, const std::string& label) {
  for (const Field& field : processor.fields()) {
    const at::Tensor values = batch.find(field.name);
    if (field.form == FieldForm::kSample && values.defined() && values.dim() > 0) {
      return values.size(0);
    }
  }
  int64_t samples = 0;
  for (const auto& [name, tensor] : batch.tensors()) {
    if (name.ends_with(kOffsets)) {
      const std::string view = name.substr(0, name.size() - kOffsets.size());
      samples = std::max(samples, samples_of_view(batch, view, label));
    }
  }
  return samples;
}

Batch read_batch(const fs::path& path) {
  if (!fs::exists(path)) {
    throw NotFoundError("batch " + path.string() + " does not exist");
  }
  const SafetensorsFile file(path);
  const bool prefixed = std::any_of(file.tensors().begin(), file.tensors().end(),
                                    [](const auto& t) { return t.name.starts_with(kPrefix); });
  Batch batch;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    if (prefixed && !tensor.name.starts_with(kPrefix)) {
      continue;
    }
    const std::string name = tensor.name.substr(prefixed ? kPrefix.size() : 0);
    at::Tensor value = read_tensor(tensor, path.string());
    if (name.ends_with(kOffsets)) {
      batch.set_number(name.substr(0, name.rfind('.')) + ".max_length",
                       longest(value, path.string(), name));
    }
    batch.set(name, std::move(value));
  }
  check_lengths(batch, path.string());
  return batch;
}

struct Input {
  Batch batch;
  std::shared_ptr<Model> model;
};

Input from_file(const Recipe& recipe, const Registry& registry, const fs::path& path) {
  Input input;
  input.batch = read_batch(path);
  const auto tokenizer =
      stated_vocabulary(recipe, registry) > 0 ? nullptr : open_tokenizer(recipe, registry);
  const auto processor =
      make_processor(recipe, registry, tokenizer, Split::kValid, ProcessorUse::kCompose);
  if (!input.batch.has("ordinal")) {
    const int64_t samples = count_samples(input.batch, *processor, path.string());
    input.batch.set("ordinal", at::arange(samples, at::TensorOptions(at::kLong)));
  }
  input.model = make_model(recipe, registry, tokenizer.get(), *processor);
  return input;
}

Input from_data(const Recipe& recipe, const Registry& registry) {
  Input input;
  const auto tokenizer = open_tokenizer(recipe, registry);
  const Split split = recipe.config.data.valid ? Split::kValid : Split::kTrain;
  const OpenData data = open_data(recipe, registry, tokenizer, split);
  input.model = make_model(recipe, registry, tokenizer.get(), *data.processor);
  ValidationOptions options;
  options.samples = recipe.config.train.micro();
  options.micro_batch = options.samples;
  input.batch =
      ValidationSet(data.stream, data.processor->fields(), data.processor->views(), options).at(0);
  return input;
}

void add_gradients(Model& model, const at::Tensor& objective,
                   std::map<std::string, at::Tensor>& out) {
  model.zero_grad();
  objective.backward();
  const ParameterBuffer& buffer = model.buffer();
  for (const Segment& segment : buffer.segments()) {
    if (!segment.frozen) {
      out["grad." + segment.name] =
          buffer.grad().narrow(0, segment.offset, segment.length).view(segment.shape);
    }
  }
}

std::map<std::string, double> add_losses(const Losses& losses, const Counts& counts,
                                         std::map<std::string, at::Tensor>& out) {
  std::map<std::string, double> means;
  for (const LossTerm& loss : losses) {
    const double count = counts.at(loss.name);
    const at::Tensor mean = loss.sum.detach() / std::max(1.0, count);
    out["loss." + loss.name] = mean;
    out["count." + loss.name] = at::scalar_tensor(count, at::TensorOptions(at::kDouble));
    means[loss.name] = mean.item<double>();
  }
  return means;
}

}  // namespace

TraceResult trace(const Recipe& recipe, const Registry& registry, const TraceOptions& options) {
  configure_compute(recipe.config.train);
  Input input = options.batch.empty() ? from_data(recipe, registry)
                                      : from_file(recipe, registry, options.batch);
  Model& model = *input.model;
  if (!options.weights.empty()) {
    load_weights(model, {.file = options.weights});
  }
  const c10::AutoGradMode mode(options.gradients);
  std::map<std::string, at::Tensor> out;
  const Phase phase{.training = false, .seed = static_cast<uint64_t>(recipe.config.seed)};
  const Losses losses = model.trace(input.batch, phase, out);
  const Counts counts = model.count(input.batch);
  const at::Tensor objective = Model::objective(losses, counts);
  if (options.gradients) {
    add_gradients(model, objective, out);
  }
  out["loss"] = objective;
  TraceResult result;
  result.loss = objective.item<double>();
  result.losses = add_losses(losses, counts, out);
  for (const auto& [name, tensor] : input.batch.tensors()) {
    out[std::string(kPrefix) + name] = tensor;
  }
  write_tensors(options.output, out, {{"recipe", recipe.hash()}});
  result.tensors = static_cast<int64_t>(out.size());
  return result;
}

}  // namespace tpretrain
