#include "interop/families/families.h"

namespace tpretrain {

/// CLIP of open_clip with its own towers; OpenAI's files have the same names.
/// `target.contrastive.scale` stores the logarithm, as they do.
WeightFamily clip_open_clip() {
  RuleList rules;
  add_image_input(rules, "image.", "image.pool.",
                  {.patch = "visual.conv1",
                   .cls = "visual.class_embedding",
                   .position = "visual.positional_embedding",
                   .norm = "visual.ln_post",
                   .ones = {}});
  rules.pair("image.encoder.norm_input", "visual.ln_pre")
      .layers("image.encoder.layers.*.", "visual.transformer.resblocks.*.", residual_block_names())
      .add({.ours = {"image.project.weight"},
            .theirs = {"visual.proj"},
            .layout = WeightLayout::kTransposed})
      .one("text.embedding.word.weight", "token_embedding.weight")
      .one("text.embedding.position.weight", "positional_embedding")
      .layers("text.encoder.layers.*.", "transformer.resblocks.*.", residual_block_names())
      .pair("text.pool.norm", "ln_final")
      .pair("text.encoder.norm", "ln_final")
      .add({.ours = {"text.project.weight"},
            .theirs = {"text_projection"},
            .layout = WeightLayout::kTransposed})
      .add({.ours = {"target.contrastive.scale"}, .theirs = {"logit_scale"}, .ones = 0});
  return {.name = "clip", .library = "open_clip", .rules = rules.take(), .ignored = {"attn_mask"}};
}

/// CLIPModel of Hugging Face transformers.
WeightFamily clip_hf() {
  RuleList rules;
  add_image_input(rules, "image.", "image.pool.",
                  {.patch = "vision_model.embeddings.patch_embedding",
                   .cls = "vision_model.embeddings.class_embedding",
                   .position = "vision_model.embeddings.position_embedding.weight",
                   .norm = "vision_model.post_layernorm",
                   .ones = {}});
  rules.pair("image.encoder.norm_input", "vision_model.pre_layrnorm")
      .layers("image.encoder.layers.*.", "vision_model.encoder.layers.*.", hf_clip_layer_names())
      .one("image.project.weight", "visual_projection.weight")
      .one("text.embedding.word.weight", "text_model.embeddings.token_embedding.weight")
      .one("text.embedding.position.weight", "text_model.embeddings.position_embedding.weight")
      .layers("text.encoder.layers.*.", "text_model.encoder.layers.*.", hf_clip_layer_names())
      .pair("text.pool.norm", "text_model.final_layer_norm")
      .pair("text.encoder.norm", "text_model.final_layer_norm")
      .one("text.project.weight", "text_projection.weight")
      .add({.ours = {"target.contrastive.scale"}, .theirs = {"logit_scale"}, .ones = 0});
  return {
      .name = "clip",
      .library = "hf",
      .rules = rules.take(),
      .ignored = {"text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"}};
}

}  // namespace tpretrain
