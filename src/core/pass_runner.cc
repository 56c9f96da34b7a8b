#include "core/pass_runner.h"

#include "core/embedding_part.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

const PassSpec& PassRunner::spec(const std::string& name) const {
  const ModelSpec& spec = model_.spec();
  const PassSpec* pass = name.empty() ? &spec.passes.front() : spec.pass(name);
  if (pass == nullptr) {
    throw ConfigError("no pass is named '" + name + "'");
  }
  return *pass;
}

const PassOutput& PassRunner::get(const std::string& name) {
  const PassSpec& pass = spec(name);
  const auto found = outputs_.find(pass.name);
  if (found != outputs_.end()) {
    return found->second;
  }
  PassOutput output = evaluate(pass, *this, batch_);
  return outputs_.emplace(pass.name, std::move(output)).first->second;
}

PassOutput PassRunner::run(const std::string& name, const Batch& batch) {
  PassRunner other(model_, batch, phase_);
  return other.get(name);
}

Sequence PassRunner::encode(const PassSpec& pass, Passes& earlier, const Batch& batch, Call& call) {
  Sequence sequence;
  if (pass.source.empty()) {
    const PartSpec& part = *model_.spec().part(model_.owner(pass.input.part));
    const std::string& view = pass.input.view.empty() ? part.view : pass.input.view;
    sequence = model_.embeddings_.at(part.name)->forward(View(batch, view), call);
  } else {
    const Sequence& source = earlier.get(pass.source).sequence;
    sequence.layout = source.layout;
    sequence.x = source.layers.at(pass.from_layer);
  }
  const auto kept = model_.kept_.find(pass.name);
  if (pass.encoder.empty()) {
    if (kept != model_.kept_.end()) {
      sequence.layers[0] = sequence.x;
    }
    return sequence;
  }
  call.first_layer = pass.from_layer;
  call.last_layer = pass.to_layer;
  call.route = pass.route;
  if (kept != model_.kept_.end()) {
    call.keep = kept->second;
  }
  return model_.encoders_.at(model_.owner(pass.encoder))->forward(std::move(sequence), call);
}

Sequence PassRunner::decode(const PassSpec& pass, Passes& earlier, const Batch& batch,
                            Sequence memory, const Call& call) {
  const PartSpec& part = *model_.spec().part(model_.owner(pass.target_input.part));
  const std::string& view = pass.target_input.view.empty() ? part.view : pass.target_input.view;
  Sequence target = model_.embeddings_.at(part.name)->forward(View(batch, view), call);
  if (!pass.memory.empty()) {
    memory = earlier.get(pass.memory).sequence;
  }
  return model_.decoders_.at(model_.owner(pass.decoder))->forward(std::move(target), memory, call);
}

void PassRunner::apply_heads(const PassSpec& pass, PassOutput& output, const Call& call) {
  if (!pass.pool.empty()) {
    output.pooled = model_.pools_.at(model_.owner(pass.pool))->forward(output.sequence, call);
  }
  if (!pass.project.empty()) {
    output.projected = model_.projections_.at(model_.owner(pass.project))(
        output.pooled.defined() ? output.pooled : output.sequence.x);
  }
}

PassOutput PassRunner::evaluate(const PassSpec& pass, Passes& earlier, const Batch& batch) {
  Call call = model_.call(phase_, pass.name);
  PassOutput output;
  output.sequence = encode(pass, earlier, batch, call);
  if (!pass.decoder.empty()) {
    output.sequence = decode(pass, earlier, batch, std::move(output.sequence), call);
  }
  apply_heads(pass, output, call);
  return output;
}

}  // namespace tpretrain
