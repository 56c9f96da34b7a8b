#include "train/exchange.h"

#include <map>

#include <ATen/core/Tensor.h>

#include "tpretrain/base/error.h"
#include "tpretrain/interop/model_config.h"
#include "tpretrain/train/pipeline.h"

namespace tpretrain {
namespace {

/// The model with its initial values; opens the vocabulary only for its size.
std::shared_ptr<Model> initial_model(const Recipe& recipe, const Registry& registry) {
  const auto tokenizer =
      stated_vocabulary(recipe, registry) > 0 ? nullptr : open_tokenizer(recipe, registry);
  const auto processor =
      make_processor(recipe, registry, tokenizer, Split::kValid, ProcessorUse::kCompose);
  return make_model(recipe, registry, tokenizer.get(), *processor);
}

fs::path weights_file(const fs::path& from) {
  if (!fs::exists(from)) {
    throw NotFoundError(from.string() + " does not exist");
  }
  if (!fs::is_directory(from)) {
    return from;
  }
  for (const char* name : {"model.safetensors", "open_clip_model.safetensors"}) {
    if (fs::exists(from / name)) {
      return from / name;
    }
  }
  throw NotFoundError(
      from.string() + " has no model.safetensors and no open_clip_model.safetensors",
      "weights in other formats or in several files must first be saved as one "
      "safetensors file by the library that made them");
}

/// The slots with those of tied parameters, which other libraries store by themselves.
std::vector<WeightSlot> with_tied(const ParameterBuffer& buffer, std::vector<WeightSlot> slots) {
  std::map<std::string, WeightSlot> by_name;
  for (const WeightSlot& slot : slots) {
    by_name.emplace(slot.name, slot);
  }
  for (const auto& [name, owner] : buffer.ties()) {
    WeightSlot slot = by_name.at(owner);
    slot.name = name;
    slot.owner = owner;
    slots.push_back(std::move(slot));
  }
  return slots;
}

}  // namespace

std::vector<WeightSlot> weight_slots(const ParameterBuffer& buffer, const at::Tensor& flat) {
  TP_ASSERT(flat.device().is_cpu() && flat.scalar_type() == at::kFloat && flat.is_contiguous());
  auto* data = static_cast<float*>(flat.data_ptr());
  std::vector<WeightSlot> slots;
  for (const Segment& segment : buffer.segments()) {
    slots.push_back({segment.name,
                     segment.shape,
                     {data + segment.offset, static_cast<size_t>(segment.length)},
                     ""});
  }
  return slots;
}

ImportReport import_model(const Recipe& recipe, const Registry& registry,
                          const ImportWeightsOptions& options) {
  const fs::path path = weights_file(options.from);
  const SafetensorsFile file(path);
  const auto model = initial_model(recipe, registry);
  const std::vector<WeightSlot> slots = weight_slots(model->buffer(), model->buffer().flat());
  ImportReport report =
      import_weights(file, path.string(), options.library, slots, {.partial = options.partial});
  std::vector<SafetensorsTensor> tensors;
  for (const WeightSlot& slot : slots) {
    SafetensorsTensor tensor;
    static_cast<SafetensorsSpec&>(tensor) = {slot.name, TensorType::kF32, slot.shape};
    tensor.data = std::as_bytes(slot.data);
    tensors.push_back(std::move(tensor));
  }
  save_safetensors(FileSystem::posix(), options.output, tensors);
  return report;
}

ExportReport export_model(const Recipe& recipe, const Registry& registry,
                          const WeightsFrom& weights, const std::string& library,
                          const fs::path& folder) {
  const auto model = initial_model(recipe, registry);
  load_weights(*model, weights);
  const std::vector<WeightSlot> slots =
      with_tied(model->buffer(), weight_slots(model->buffer(), model->buffer().flat()));
  const ExportedWeights exported = export_weights(library, slots);
  const ModelFiles files =
      model_files(exported.family, library, slots,
                  encoder_facts(recipe_tree(recipe, registry, RecipeForm::kFull)));
  ExportReport report{exported.family, {}, {folder / files.weights}};
  std::vector<SafetensorsTensor> tensors;
  for (const ForeignWeight& weight : exported.weights) {
    tensors.push_back(weight.tensor());
    report.tensors.push_back(weight.spec);
  }
  FileSystem& file_system = FileSystem::posix();
  file_system.make_directory(folder);
  save_safetensors(file_system, folder / files.weights, tensors);
  if (files.content) {
    file_system.remove(folder / files.config);
    file_system.write_new(folder / files.config, *files.content);
    report.files.push_back(folder / files.config);
  }
  return report;
}

}  // namespace tpretrain
