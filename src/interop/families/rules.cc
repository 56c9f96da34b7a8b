#include "interop/families/families.h"

namespace tpretrain {
namespace {

constexpr const char* kKinds[] = {"weight", "bias"};

/// nn.MultiheadAttention names its fused projection in_proj_weight.
std::string parameter_of(const std::string& module, const std::string& kind) {
  return module + (module.ends_with("in_proj") ? "_" : ".") + kind;
}

}  // namespace

RuleList& RuleList::add(NameRule rule) {
  rules_.push_back(std::move(rule));
  return *this;
}

RuleList& RuleList::one(const std::string& ours, const std::string& theirs) {
  return add({.ours = {ours}, .theirs = {theirs}});
}

RuleList& RuleList::pair(const std::string& ours, const std::string& theirs) {
  return pair(ours, std::vector<std::string>{theirs});
}

RuleList& RuleList::pair(const std::string& ours, const std::vector<std::string>& theirs) {
  for (const std::string kind : kKinds) {
    NameRule rule{.ours = {ours + "." + kind}};
    for (const std::string& module : theirs) {
      rule.theirs.push_back(parameter_of(module, kind));
    }
    add(std::move(rule));
  }
  return *this;
}

RuleList& RuleList::stacked_pair(const std::vector<std::string>& ours, const std::string& theirs) {
  for (const std::string kind : kKinds) {
    NameRule rule{.ours = {}, .theirs = {parameter_of(theirs, kind)}};
    for (const std::string& module : ours) {
      rule.ours.push_back(module + "." + kind);
    }
    add(std::move(rule));
  }
  return *this;
}

RuleList& RuleList::layers(const std::string& ours, const std::string& theirs,
                           const LayerNames& names) {
  std::vector<std::string> qkv;
  for (const std::string& part : names.qkv) {
    qkv.push_back(theirs + part);
  }
  pair(ours + "attention.qkv", qkv);
  pair(ours + "attention.output", theirs + names.attention_output);
  pair(ours + "attention.norm", theirs + names.attention_norm);
  pair(ours + "ffn.input", theirs + names.ffn_input);
  pair(ours + "ffn.output", theirs + names.ffn_output);
  return pair(ours + "ffn.norm", theirs + names.ffn_norm);
}

void add_image_input(RuleList& rules, const std::string& tower, const std::string& pool,
                     const ImageNames& names) {
  rules.add({.ours = {tower + "embedding.patch.weight"},
             .theirs = {names.patch + ".weight"},
             .layout = WeightLayout::kPatches});
  rules.one(tower + "embedding.patch.bias", names.patch + ".bias");
  if (!names.cls.empty()) {
    rules.add(
        {.ours = {tower + "embedding.patch.cls"}, .theirs = {names.cls}, .ones = names.cls_ones});
  }
  rules.add({.ours = {tower + "embedding.position.weight"},
             .theirs = {names.position},
             .ones = names.ones,
             .grid = true});
  if (!pool.empty()) {
    rules.pair(pool + "norm", names.norm);
  }
  rules.pair(tower + "encoder.norm", names.norm);
}

LayerNames residual_block_names() {
  return {.qkv = {"attn.in_proj"},
          .attention_output = "attn.out_proj",
          .attention_norm = "ln_1",
          .ffn_input = "mlp.c_fc",
          .ffn_output = "mlp.c_proj",
          .ffn_norm = "ln_2"};
}

LayerNames hf_clip_layer_names() {
  return {.qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
          .attention_output = "self_attn.out_proj",
          .attention_norm = "layer_norm1",
          .ffn_input = "mlp.fc1",
          .ffn_output = "mlp.fc2",
          .ffn_norm = "layer_norm2"};
}

LayerNames timm_block_names() {
  return {.qkv = {"attn.qkv"},
          .attention_output = "attn.proj",
          .attention_norm = "norm1",
          .ffn_input = "mlp.fc1",
          .ffn_output = "mlp.fc2",
          .ffn_norm = "norm2"};
}

}  // namespace tpretrain
