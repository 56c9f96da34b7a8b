/// Looking samples up by each other: how often the most similar ones of a set belong together.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/train/trainer.h"
#include "train/feature_set.h"

namespace tpretrain {

/// Collects the features of the passes that contrastive targets compare.
class Retrieval {
 public:
  explicit Retrieval(const Model& model);

  /// Takes the features of one batch. Passes are evaluated where they have not been.
  void add(Passes& passes, const Batch& batch);

  /// Recall at 1, 5 and 10 in both directions, by target. Samples with an equal `pair.id` belong
  /// together; where batches have none, a sample belongs to itself alone.
  std::map<std::string, std::vector<Recall>> finish();

 private:
  std::vector<std::shared_ptr<const ContrastTarget>> targets_;
  std::map<std::string, FeatureSet> sides_;  ///< by pass
  std::vector<int64_t> groups_;
};

/// What each sample of the batch is one of: `pair.id`, or its ordinal where there is none.
std::vector<int64_t> items_of(const Batch& batch);

/// Share of rows of similarity [R, N] that have a column of their own kind among the k highest;
/// equal values count as higher where they stand before. `rows[r]` and `columns[n]` are the kinds;
/// every row has a column of its own. Adds to `hits`, k -> rows.
void count_hits(const at::Tensor& similarity, std::span<const int64_t> rows,
                std::span<const int64_t> columns, std::map<int64_t, int64_t>& hits);

}  // namespace tpretrain
