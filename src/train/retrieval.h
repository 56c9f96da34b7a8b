/// Looking samples up by each other: how often the most similar ones of a set belong together.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/contrast.h"
#include "tpretrain/core/model.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain {

/// Collects the features of the passes that contrastive targets compare. Holds N features of a
/// pass (or all token features), never an N x N matrix.
class Retrieval {
 public:
  explicit Retrieval(const Model& model);
  ~Retrieval();

  /// Takes the features of one batch. Passes are evaluated where they have not been.
  void add(Passes& passes, const Batch& batch);

  /// Recall at 1, 5 and 10 in both directions, by target. Samples with an equal `pair.id` belong
  /// together; where batches have none, a sample belongs to itself alone.
  std::map<std::string, std::vector<Recall>> finish() const;

 private:
  struct Side;

  std::vector<std::shared_ptr<const ContrastTarget>> targets_;
  std::map<std::string, Side> sides_;  ///< by pass
  std::vector<int64_t> groups_;
};

/// Share of rows r of similarity [R, N] that have one of their own among the k highest of the row;
/// equal values count as higher where they stand before. `groups[first_row + r]` is the row's,
/// `groups[n]` a column's. Adds to `hits`, k -> rows.
void count_hits(const at::Tensor& similarity, const std::vector<int64_t>& groups, int64_t first_row,
                std::map<int64_t, int64_t>& hits);

}  // namespace tpretrain
