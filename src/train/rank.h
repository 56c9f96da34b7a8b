/// Ranking: the texts that are most like a picture, the pictures that are most like a text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/core/source.h"
#include "train/pair_model.h"

namespace tpretrain {

/// What is chosen from.
struct Candidates {
  std::shared_ptr<const ItemSource> items;
  std::vector<std::string> texts;  ///< in place of the captions of `items`
};

struct RankedItem {
  std::string name;  ///< a text, or the name of the picture's item
  double score = 0;  ///< similarity, as the target compares
};

class Ranker {
 public:
  Ranker(PairModel model, Candidates candidates)
      : model_(std::move(model)), candidates_(std::move(candidates)) {}

  /// The `count` texts most like the picture in the file, best first, ties in their order; equal
  /// texts are one. Errors: DataError of the picture, or when there is no text.
  std::vector<RankedItem> texts_for(const std::string& picture, int64_t count);

  /// The `count` pictures most like the text. Errors: DataError.
  std::vector<RankedItem> pictures_for(const std::string& text, int64_t count);

  const PairModel& model() const { return model_; }

 private:
  /// Names and features of one side of the candidates, made at first use.
  struct Side {
    std::vector<std::string> names;
    FeatureSet features;
  };

  Side& texts();
  Side& pictures();
  std::vector<RankedItem> rank(FeatureSet query, Side& side, int64_t count) const;

  PairModel model_;
  Candidates candidates_;
  std::optional<Side> texts_;
  std::optional<Side> pictures_;
};

/// Indices of the `count` highest of `scores`, best first, ties in their order.
std::vector<int64_t> best_of(const at::Tensor& scores, int64_t count);

}  // namespace tpretrain
