/// Fill-mask: what a trained model puts in the place of [MASK].
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/core/tokenizer.h"
#include "train/trained_model.h"

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
  /// Errors: ConfigError when no target predicts masked tokens or the recipe has no tokenizer.
  explicit MaskFiller(const TrainedModel& trained);

  /// Whether the model has a target that predicts masked tokens.
  static bool fits(const Model& model);

  /// The `count` best tokens for each [MASK] of `text`, best first, ties by id.
  /// Errors: DataError without a [MASK], or when the text is longer than the model can read.
  std::vector<MaskAnswer> fill(const std::string& text, int64_t count);

  /// Name of the target that answers.
  const std::string& target() const { return target_->name(); }

 private:
  struct Encoded {
    std::vector<int32_t> ids;
    std::vector<int64_t> masks;  ///< positions
  };

  Encoded encode(const std::string& text) const;
  Batch batch_of(const Encoded& encoded) const;
  MaskAnswer answer(const at::Tensor& row, int64_t position, int64_t count) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<Model> model_;
  std::shared_ptr<Target> target_;
  std::string view_;
  int64_t max_length_ = 0;
};

}  // namespace tpretrain
