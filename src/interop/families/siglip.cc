#include "interop/families/families.h"

namespace tpretrain {
namespace {

/// What the attention pool is called there, without the tower's prefix.
struct PoolNames {
  std::string probe;
  std::vector<std::string> qkv;  ///< one fused part, or query and the fused key and value
  std::string output;
  std::string norm;
};

/// The attention pool: a learned query, its projections, and a feed-forward part.
void add_pool(RuleList& rules, const std::string& theirs, const PoolNames& names) {
  const std::vector<std::string> ours = {"image.pool.query", "image.pool.kv"};
  rules.add({.ours = {"image.pool.probe"}, .theirs = {theirs + names.probe}, .ones = 2});
  if (names.qkv.size() == 1) {
    rules.stacked_pair(ours, theirs + names.qkv[0]);
  } else {
    rules.pair(ours[0], theirs + names.qkv[0]).pair(ours[1], theirs + names.qkv[1]);
  }
  rules.pair("image.pool.output", theirs + names.output)
      .pair("image.pool.norm", theirs + names.norm)
      .pair("image.pool.ffn.input", theirs + "mlp.fc1")
      .pair("image.pool.ffn.output", theirs + "mlp.fc2");
}

void add_target(RuleList& rules, int ones) {
  for (const std::string name : {"scale", "bias"}) {
    rules.add({.ours = {"target.sigmoid_contrastive." + name},
               .theirs = {"logit_" + name},
               .ones = ones});
  }
}

}  // namespace

/// CustomTextCLIP of open_clip over timm's image tower.
WeightFamily siglip_open_clip() {
  RuleList rules;
  add_image_input(rules, "image.", "",
                  {.patch = "visual.trunk.patch_embed.proj",
                   .cls = {},
                   .position = "visual.trunk.pos_embed",
                   .norm = "visual.trunk.norm",
                   .ones = 1});
  rules.layers("image.encoder.layers.*.", "visual.trunk.blocks.*.", timm_block_names());
  add_pool(rules, "visual.trunk.attn_pool.",
           {.probe = "latent", .qkv = {"q", "kv"}, .output = "proj", .norm = "norm"});
  rules.one("text.embedding.word.weight", "text.token_embedding.weight")
      .one("text.embedding.position.weight", "text.positional_embedding")
      .layers("text.encoder.layers.*.", "text.transformer.resblocks.*.", residual_block_names())
      .pair("text.pool.norm", "text.ln_final")
      .pair("text.encoder.norm", "text.ln_final")
      .pair("text.project", "text.text_projection");
  add_target(rules, 0);
  return {.name = "siglip", .library = "open_clip", .rules = rules.take()};
}

/// SiglipModel of Hugging Face transformers.
WeightFamily siglip_hf() {
  RuleList rules;
  add_image_input(rules, "image.", "",
                  {.patch = "vision_model.embeddings.patch_embedding",
                   .cls = {},
                   .position = "vision_model.embeddings.position_embedding.weight",
                   .norm = "vision_model.post_layernorm",
                   .ones = {}});
  rules.layers("image.encoder.layers.*.", "vision_model.encoder.layers.*.", hf_clip_layer_names());
  add_pool(rules, "vision_model.head.",
           {.probe = "probe",
            .qkv = {"attention.in_proj"},
            .output = "attention.out_proj",
            .norm = "layernorm"});
  rules.one("text.embedding.word.weight", "text_model.embeddings.token_embedding.weight")
      .one("text.embedding.position.weight", "text_model.embeddings.position_embedding.weight")
      .layers("text.encoder.layers.*.", "text_model.encoder.layers.*.", hf_clip_layer_names())
      .pair("text.pool.norm", "text_model.final_layer_norm")
      .pair("text.encoder.norm", "text_model.final_layer_norm")
      .pair("text.project", "text_model.head");
  add_target(rules, 1);
  return {
      .name = "siglip",
      .library = "hf",
      .rules = rules.take(),
      .ignored = {"text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"}};
}

}  // namespace tpretrain
