/// Fill-mask: what a trained model puts in the place of [MASK].
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/recipe.h"
#include "tpretrain/core/tokenizer.h"
#include "train/weights.h"

namespace tpretrain {

struct RankedToken {
  int32_t id = 0;
  std::string token;
  double probability = 0;
  double score = 0;  ///< before the softmax
};

struct MaskAnswer {
  int64_t position = 0;  ///< of the mask, in tokens, [CLS] is 0
  std::vector<RankedToken> ranked;
};

class MaskFiller {
 public:
  /// Errors: ConfigError when no target predicts masked tokens, DataError when the vocabulary lacks
  /// a special token, and those of load_weights.
  MaskFiller(const Recipe& recipe, const Registry& registry, const WeightsFrom& from);

  /// The `count` best tokens for each [MASK] of `text`, best first, ties by id.
  /// Errors: DataError without a [MASK], or when the text is longer than the model can read.
  std::vector<MaskAnswer> fill(const std::string& text, int64_t count);

  /// Name of the target that answers.
  const std::string& target() const { return target_->name(); }

  const LoadedWeights& weights() const { return weights_; }

 private:
  struct Encoded {
    std::vector<int32_t> ids;
    std::vector<int64_t> masks;  ///< positions
  };

  void choose_target();
  Encoded encode(const std::string& text) const;
  Batch batch_of(const Encoded& encoded) const;
  MaskAnswer answer(const float* scores, int64_t position, int64_t count) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<Model> model_;
  std::shared_ptr<Target> target_;
  std::string view_;
  int64_t max_length_ = 0;
  LoadedWeights weights_;
};

}  // namespace tpretrain
