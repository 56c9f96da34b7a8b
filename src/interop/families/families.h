/// The families, a file each, and what they write their rules with.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/interop/name_map.h"

namespace tpretrain {

WeightFamily bert_hf();
WeightFamily clip_hf();
WeightFamily clip_open_clip();
WeightFamily siglip_hf();
WeightFamily siglip_open_clip();
WeightFamily vit_hf();
WeightFamily vit_timm();

/// What the parts of a transformer layer are called there, without ".weight" and ".bias".
struct LayerNames {
  std::vector<std::string> qkv;  ///< one fused part, or query, key, value
  std::string attention_output;
  std::string attention_norm;
  std::string ffn_input;
  std::string ffn_output;
  std::string ffn_norm;
};

class RuleList {
 public:
  /// One parameter, same numbers.
  RuleList& one(const std::string& ours, const std::string& theirs);
  /// `.weight` and `.bias` of both.
  RuleList& pair(const std::string& ours, const std::string& theirs);
  /// The same for several foreign modules whose rows follow each other.
  RuleList& pair(const std::string& ours, const std::vector<std::string>& theirs);
  /// The same for several modules of ours whose rows follow each other there.
  RuleList& stacked_pair(const std::vector<std::string>& ours, const std::string& theirs);
  /// Every parameter of the layers `ours`*. of a transformer. A fused foreign name that ends in
  /// "in_proj" has "_weight" and "_bias" instead of ".weight" and ".bias".
  RuleList& layers(const std::string& ours, const std::string& theirs, const LayerNames& names);
  RuleList& add(NameRule rule);

  std::vector<NameRule> take() { return std::move(rules_); }

 private:
  std::vector<NameRule> rules_;
};

/// What an image tower calls its input and its final norm.
struct ImageNames {
  std::string patch;
  std::string cls;  ///< empty: none
  std::string position;
  std::string norm;
  std::optional<int> ones;  ///< leading sizes of 1 of the positions
  int cls_ones = 0;         ///< of the class token
};

/// Patch embedding, class token, positions, and the final norm in both of its places: behind the
/// encoder or in the pool. `tower` and `pool` are prefixes of ours; an empty `pool` has no norm of
/// that kind.
void add_image_input(RuleList& rules, const std::string& tower, const std::string& pool,
                     const ImageNames& names);

/// nn.MultiheadAttention, as open_clip's own towers use it.
LayerNames residual_block_names();
/// Separate projections of Hugging Face's CLIP and SigLIP.
LayerNames hf_clip_layer_names();
/// Blocks of timm's VisionTransformer.
LayerNames timm_block_names();

}  // namespace tpretrain
