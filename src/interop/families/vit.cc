#include "interop/families/families.h"

namespace tpretrain {
namespace {

/// A classifier over one image tower, named `image` or alone in the five-part form.
void add_tower(RuleList& rules, const ImageNames& names, const std::string& layers,
               const LayerNames& layer_names, const std::string& head) {
  add_image_input(rules, "image.", "image.pool.", names);
  add_image_input(rules, "", "main.pool.", names);
  rules.layers("image.encoder.layers.*.", layers, layer_names)
      .layers("encoder.layers.*.", layers, layer_names)
      .pair("target.classify.classifier", head);
}

}  // namespace

/// VisionTransformer of timm.
WeightFamily vit_timm() {
  RuleList rules;
  add_tower(rules,
            {.patch = "patch_embed.proj",
             .cls = "cls_token",
             .position = "pos_embed",
             .norm = "norm",
             .ones = 1,
             .cls_ones = 2},
            "blocks.*.", timm_block_names(), "head");
  return {.name = "vit", .library = "timm", .rules = rules.take()};
}

/// ViTForImageClassification of Hugging Face transformers.
WeightFamily vit_hf() {
  RuleList rules;
  add_tower(
      rules,
      {.patch = "vit.embeddings.patch_embeddings.projection",
       .cls = "vit.embeddings.cls_token",
       .position = "vit.embeddings.position_embeddings",
       .norm = "vit.layernorm",
       .ones = 1,
       .cls_ones = 2},
      "vit.encoder.layer.*.",
      {.qkv = {"attention.attention.query", "attention.attention.key", "attention.attention.value"},
       .attention_output = "attention.output.dense",
       .attention_norm = "layernorm_before",
       .ffn_input = "intermediate.dense",
       .ffn_output = "output.dense",
       .ffn_norm = "layernorm_after"},
      "classifier");
  return {.name = "vit", .library = "hf", .rules = rules.take(), .base = "vit."};
}

}  // namespace tpretrain
