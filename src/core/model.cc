#include "tpretrain/core/model.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/mul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/embedding_part.h"
#include "core/pass_runner.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

BuildContext part_context(const PartSpec& part, const ModelContext& model) {
  BuildContext context;
  context.vocabulary = model.vocabulary;
  context.component = part.kind + " '" + part.name + "'";
  return context;
}

/// Runs a builder and adds to its errors what was being built.
template <typename Function>
auto building(const std::string& what, const Function& function) {
  try {
    return function();
  } catch (Error& error) {
    error.add_context("while building " + what);
    throw;
  }
}

/// A pass may start from the states that its source passes through, `layers` deep.
void check_start(const PassSpec& pass, const PassSpec& source, int64_t layers) {
  const int64_t last = source.to_layer < 0 ? layers : source.to_layer;
  if (pass.from_layer < source.from_layer || pass.from_layer >= last) {
    throw ConfigError("pass '" + pass.name + "' continues from layer " +
                      std::to_string(pass.from_layer) + ", but pass '" + source.name +
                      "' runs layers " + std::to_string(source.from_layer) + " to " +
                      std::to_string(last - 1));
  }
}

bool every_target(const Target&) {
  return true;
}

}  // namespace

void register_at(torch::nn::Module& root, const std::string& path,
                 std::shared_ptr<torch::nn::Module> module) {
  torch::nn::Module* at = &root;
  std::vector<std::string> names = split(path, '.');
  const std::string last = names.back();
  names.pop_back();
  for (const std::string& name : names) {
    std::shared_ptr<torch::nn::Module> next;
    for (const auto& child : at->named_children()) {
      if (child.key() == name) {
        next = child.value();
      }
    }
    at = next ? next.get()
              : at->register_module(name, std::make_shared<torch::nn::Module>(name)).get();
  }
  at->register_module(last, std::move(module));
}

Model::Model(const ModelSpec& spec, const ModelContext& context, const Registry& registry)
    : torch::nn::Module("Model"), spec_(spec) {
  BuildPlan plan;
  build_encoders(plan, registry, context);
  build_embeddings(plan, registry, context);
  build_heads(plan, registry, context);
  build_targets(plan, registry, context);
  plan_kept_layers();
  buffer_.build(plan, {spec_.ties, spec_.freeze}, context.seed, context.dtype);
}

std::string Model::owner(const std::string& part) const {
  const auto shared = spec_.shares.find(part);
  return shared == spec_.shares.end() ? part : shared->second;
}

void Model::build_encoders(BuildPlan& plan, const Registry& registry, const ModelContext& context) {
  for (const PartSpec& part : spec_.parts) {
    if (owner(part.name) != part.name || (part.kind != "encoder" && part.kind != "decoder")) {
      continue;
    }
    const Build build(plan, part.name, part_context(part, context));
    building(build.context().component, [&] {
      if (part.kind == "encoder") {
        encoders_[part.name] = registry.make<Encoder>(part.component, build);
        register_at(*this, part.name, encoders_[part.name]);
      } else {
        decoders_[part.name] = registry.make<Decoder>(part.component, build);
        register_at(*this, part.name, decoders_[part.name]);
      }
    });
  }
}

std::string Model::embedding_before(const PassSpec& pass) const {
  if (pass.source.empty()) {
    return owner(pass.input.part);
  }
  const PassSpec& source = *spec_.pass(pass.source);
  return source.encoder.empty() ? embedding_before(source) : "";
}

int64_t Model::width_for(const std::string& embedding) const {
  for (const PassSpec& pass : spec_.passes) {
    if (!pass.encoder.empty() && embedding_before(pass) == embedding) {
      return encoders_.at(owner(pass.encoder))->width();
    }
    if (owner(pass.target_input.part) == embedding && !pass.decoder.empty()) {
      return decoders_.at(owner(pass.decoder))->width();
    }
  }
  return spec_.part(embedding)->embedding.width;
}

void Model::build_embeddings(BuildPlan& plan, const Registry& registry,
                             const ModelContext& context) {
  for (const PartSpec& part : spec_.parts) {
    if (owner(part.name) != part.name || part.kind != "embedding") {
      continue;
    }
    BuildContext embedding = part_context(part, context);
    embedding.width = width_for(part.name);
    const auto positions = context.positions.find(part.view);
    embedding.positions = positions == context.positions.end() ? 0 : positions->second;
    const Build build(plan, part.name, embedding);
    building(embedding.component, [&] {
      embeddings_[part.name] = std::make_shared<EmbeddingPart>(part.embedding, registry, build);
      register_at(*this, part.name, embeddings_[part.name]);
    });
  }
}

void Model::build_heads(BuildPlan& plan, const Registry& registry, const ModelContext& context) {
  for (const PassSpec& pass : spec_.passes) {
    const PassInfo info = pass_info(pass.name);
    const std::string pool = owner(pass.pool);
    if (!pool.empty() && pools_.count(pool) == 0) {
      const PartSpec& part = *spec_.part(pool);
      BuildContext inferred = part_context(part, context);
      inferred.width = info.width;
      building(inferred.component, [&] {
        pools_[pool] = registry.make<Pool>(part.component, Build(plan, pool, inferred));
        register_at(*this, pool, pools_[pool]);
      });
    }
    const std::string project = owner(pass.project);
    if (!project.empty() && projections_.count(project) == 0) {
      const PartSpec& part = *spec_.part(project);
      const int64_t input = pool.empty() ? info.width : pools_.at(pool)->width();
      auto module = std::make_shared<torch::nn::Module>(project);
      register_at(*this, project, module);
      Build build = Build(plan, project, part_context(part, context)).on(*module);
      LinearLayer& projection = projections_[project];
      projection.weight =
          build.parameter("weight", {part.project, input}, Init::normal(1.0 / std::sqrt(input)));
      if (part.project_bias) {
        projection.bias = build.parameter("bias", {part.project}, Init::zeros());
      }
    }
  }
}

void Model::build_targets(BuildPlan& plan, const Registry& registry, const ModelContext& context) {
  for (const TargetSpec& target : spec_.targets) {
    BuildContext inferred;
    inferred.vocabulary = context.vocabulary;
    inferred.component = "target '" + target.name + "'";
    inferred.pass = [this](const std::string& name) { return pass_info(name); };
    const std::string path = "target." + target.name;
    building(inferred.component, [&] {
      auto made = registry.make<Target>(target.component, Build(plan, path, inferred));
      made->set_name(target.name);
      register_at(*this, path, made);
      targets_.push_back(std::move(made));
    });
  }
}

void Model::plan_kept_layers() {
  for (const PassSpec& pass : spec_.passes) {
    if (pass.source.empty()) {
      continue;
    }
    const PassSpec& source = *spec_.pass(pass.source);
    const bool embeds_only = source.encoder.empty();
    check_start(pass, source, embeds_only ? 1 : encoders_.at(owner(source.encoder))->layers());
    std::vector<int64_t>& kept = kept_[pass.source];
    if (std::find(kept.begin(), kept.end(), pass.from_layer) == kept.end()) {
      kept.push_back(pass.from_layer);
    }
  }
}

PassInfo Model::pass_info(const std::string& name) const {
  for (const PassSpec& pass : spec_.passes) {
    if (!name.empty() && pass.name != name) {
      continue;
    }
    PassInfo info{.name = pass.name};
    if (!pass.source.empty()) {
      info = pass_info(pass.source);
      info.name = pass.name;
      info.pooled = info.projected = 0;
    } else {
      const PartSpec& part = *spec_.part(owner(pass.input.part));
      info.view = pass.input.view.empty() ? part.view : pass.input.view;
      info.width = part.embedding.width;
    }
    if (!pass.encoder.empty()) {
      info.width = encoders_.at(owner(pass.encoder))->width();
    }
    if (!pass.decoder.empty()) {
      info.width = decoders_.at(owner(pass.decoder))->width();
      const PartSpec& part = *spec_.part(owner(pass.target_input.part));
      info.view = pass.target_input.view.empty() ? part.view : pass.target_input.view;
    }
    const auto pool = pools_.find(owner(pass.pool));
    info.pooled = pool == pools_.end() ? 0 : pool->second->width();
    const PartSpec* projection = spec_.part(owner(pass.project));
    info.projected = projection == nullptr ? 0 : projection->project;
    return info;
  }
  std::vector<std::string> names;
  for (const PassSpec& pass : spec_.passes) {
    names.push_back(pass.name);
  }
  throw ConfigError("unknown pass '" + name + "'" + suggestion(name, names));
}

Call Model::call(const Phase& phase, const std::string& scope) const {
  return {.training = phase.training, .key = hash64(phase.seed, hash64(scope))};
}

std::unique_ptr<Passes> Model::passes(const Batch& batch, const Phase& phase) {
  return std::make_unique<PassRunner>(*this, batch, phase);
}

Losses Model::losses(Passes& passes, const Batch& batch, const Phase& phase,
                     const TargetFilter& chosen) {
  Losses losses;
  for (const auto& target : targets_) {
    if (!chosen(*target)) {
      continue;
    }
    const Call scope = call(phase, "target." + target->name());
    for (LossTerm& term : target->forward(passes, batch, scope)) {
      losses.push_back(std::move(term));
    }
  }
  return losses;
}

Losses Model::forward(const Batch& batch, const Phase& phase) {
  PassRunner runner(*this, batch, phase);
  return losses(runner, batch, phase, every_target);
}

Losses Model::trace(const Batch& batch, const Phase& phase,
                    std::map<std::string, at::Tensor>& outputs) {
  PassRunner runner(*this, batch, phase);
  Losses found = losses(runner, batch, phase, every_target);
  for (const PassSpec& pass : spec_.passes) {
    const PassOutput& output = runner.get(pass.name);
    outputs[pass.name + ".hidden"] = output.sequence.x;
    for (const auto& [layer, x] : output.sequence.layers) {
      outputs[pass.name + ".layers." + std::to_string(layer)] = x;
    }
    if (output.pooled.defined()) {
      outputs[pass.name + ".pooled"] = output.pooled;
    }
    if (output.projected.defined()) {
      outputs[pass.name + ".projected"] = output.projected;
    }
  }
  return found;
}

Counts Model::count(const Batch& batch) const {
  Counts counts;
  for (const auto& target : targets_) {
    counts.merge(target->count(batch));
  }
  return counts;
}

at::Tensor Model::objective(const Losses& losses, const Counts& counts) {
  std::vector<double> scales;
  for (const LossTerm& loss : losses) {
    const auto count = counts.find(loss.name);
    TP_ASSERT(count != counts.end());
    scales.push_back(count->second > 0 ? loss.weight / count->second : 0.0);
  }
  // One small tensor carries all step-dependent numbers to the device.
  const at::Tensor scale = at::tensor(scales, losses.at(0).sum.options().requires_grad(false));
  at::Tensor total = losses[0].sum * scale[0];
  for (size_t i = 1; i < losses.size(); ++i) {
    total = total + losses[i].sum * scale[static_cast<int64_t>(i)];
  }
  return total;
}

std::vector<std::pair<std::string, int64_t>> Model::parameters_by_part() const {
  std::vector<std::string> names;
  for (const PartSpec& part : spec_.parts) {
    names.push_back(part.name);
  }
  for (const TargetSpec& target : spec_.targets) {
    names.push_back("target." + target.name);
  }
  std::vector<std::pair<std::string, int64_t>> counts;
  for (const std::string& name : names) {
    int64_t count = 0;
    for (const Segment& segment : buffer_.segments()) {
      count += !segment.frozen && name_matches(name, segment.name) ? segment.length : 0;
    }
    counts.emplace_back(name, count);
  }
  return counts;
}

void Model::to(at::Device device, at::ScalarType dtype, bool) {
  if (dtype != buffer_.flat().scalar_type()) {
    throw ShapeError("a model's parameters keep the dtype they were built with");
  }
  buffer_.move_to(device);
}

void Model::to(at::ScalarType dtype, bool non_blocking) {
  to(buffer_.flat().device(), dtype, non_blocking);
}

void Model::to(at::Device device, bool non_blocking) {
  to(device, buffer_.flat().scalar_type(), non_blocking);
}

void Model::zero_grad(bool) {
  buffer_.zero_grad();
}

}  // namespace tpretrain
