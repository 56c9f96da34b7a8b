/// A complete model: parts built once, passes over them, targets that read passes.
///
///   Registry registry = builtin_registry();                        // train/pretrain.h
///   Recipe recipe = load_recipe("bert.yaml", {}, registry);        // core/recipe.h
///   auto tokenizer = open_tokenizer(recipe, registry);             // train/pipeline.h
///   auto processor = make_processor(recipe, registry, tokenizer, Split::kTrain,
///                                   ProcessorUse::kSamples);
///   auto model = make_model(recipe, registry, tokenizer.get(), *processor);
///   Losses losses = model->forward(batch, {.training = true, .seed = 1});
///   Model::objective(losses, model->count(batch)).backward();
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/component.h"
#include "tpretrain/core/layers.h"
#include "tpretrain/core/model_spec.h"
#include "tpretrain/core/parameters.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

/// What a recipe knows beside the model: fills what components infer.
struct ModelContext {
  uint64_t seed = 1;
  int64_t vocabulary = 0;
  std::map<std::string, int64_t> positions;  ///< longest sequence per view
  at::ScalarType dtype = at::kFloat;         ///< float64 serves gradient checks
};

/// How a micro-batch is run.
struct Phase {
  bool training = false;
  uint64_t seed = 1;
};

class EmbeddingPart;

class Model : public torch::nn::Module {
 public:
  Model(const ModelSpec& spec, const ModelContext& context, const Registry& registry);

  /// Loss sums of every target on one micro-batch.
  Losses forward(const Batch& batch, const Phase& phase);
  /// The same, with every pass output by name as well ("main.hidden", "main.pooled", ...).
  Losses trace(const Batch& batch, const Phase& phase, std::map<std::string, at::Tensor>& outputs);
  /// Items per loss, from the batch alone.
  Counts count(const Batch& batch) const;
  /// sum_i weight_i * sum_i / count_i: what backward starts from. Losses without items give 0.
  static at::Tensor objective(const Losses& losses, const Counts& counts);

  /// Loss sums of chosen targets, from passes that the caller gives.
  using TargetFilter = std::function<bool(const Target&)>;
  Losses losses(Passes& passes, const Batch& batch, const Phase& phase, const TargetFilter& chosen);

  /// Evaluates passes lazily on one batch; valid while the model and the batch live.
  std::unique_ptr<Passes> passes(const Batch& batch, const Phase& phase);
  /// How a target is called outside `forward`.
  Call call(const Phase& phase, const std::string& scope) const;

  const ModelSpec& spec() const noexcept { return spec_; }

  ParameterBuffer& buffer() noexcept { return buffer_; }

  const ParameterBuffer& buffer() const noexcept { return buffer_; }

  const std::vector<std::shared_ptr<Target>>& targets() const noexcept { return targets_; }

  PassInfo pass_info(const std::string& name) const;
  /// Trained scalars by top-level part ("embedding", "encoder", "target.mlm").
  std::vector<std::pair<std::string, int64_t>> parameters_by_part() const;

  /// Buffers move, views are rebound. Only the device may change.
  void to(at::Device device, at::ScalarType dtype, bool non_blocking = false) override;
  void to(at::ScalarType dtype, bool non_blocking = false) override;
  void to(at::Device device, bool non_blocking = false) override;
  /// Clears the flat gradient buffer; `set_to_none` is ignored, gradients stay views.
  void zero_grad(bool set_to_none = true) override;

 private:
  friend class PassRunner;

  void build_encoders(BuildPlan& plan, const Registry& registry, const ModelContext& context);
  void build_embeddings(BuildPlan& plan, const Registry& registry, const ModelContext& context);
  void build_heads(BuildPlan& plan, const Registry& registry, const ModelContext& context);
  void build_targets(BuildPlan& plan, const Registry& registry, const ModelContext& context);
  void plan_kept_layers();
  std::string owner(const std::string& part) const;
  std::string embedding_before(const PassSpec& pass) const;
  int64_t width_for(const std::string& embedding) const;

  ModelSpec spec_;
  ParameterBuffer buffer_;
  std::map<std::string, std::shared_ptr<EmbeddingPart>> embeddings_;
  std::map<std::string, std::shared_ptr<Encoder>> encoders_;
  std::map<std::string, std::shared_ptr<Decoder>> decoders_;
  std::map<std::string, std::shared_ptr<Pool>> pools_;

  std::map<std::string, LinearLayer> projections_;
  std::map<std::string, std::vector<int64_t>> kept_;  ///< layers kept per pass
  std::vector<std::shared_ptr<Target>> targets_;
};

/// Adds a module under a dotted name, making the modules on the way: "text.encoder".
void register_at(torch::nn::Module& root, const std::string& path,
                 std::shared_ptr<torch::nn::Module> module);

/// Both build phases for one component outside a model: filled, registered parameters.
template <typename Kind>
std::shared_ptr<Kind> build_component(const Registry& registry, const Choice& choice,
                                      const BuildContext& context, uint64_t seed = 1,
                                      at::ScalarType dtype = at::kFloat) {
  BuildPlan plan;
  auto component = registry.make<Kind>(choice, Build(plan, choice.name, context));
  ParameterBuffer buffer;
  buffer.build(plan, {}, seed, dtype);
  return component;
}

}  // namespace tpretrain
