/// From the parts of tiles to a loss and a count: parts of an owner are combined in tile order,
/// owners are added in order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>

#include "kernels/contrastive.h"
#include "ops/parallel.h"
#include "ops/positives.h"

namespace tpretrain::ops {

/// One direction of a loss: each owner (row) over its parts by tile of the others (columns), or the
/// other way round.
template <typename T>
struct PairSide {
  const kernels::PairPart<T>* parts = nullptr;  ///< [others.count(), owners]
  int64_t owners = 0;
  Blocks others;
  std::span<const int64_t> owner_group;
  std::span<const int64_t> other_group;

  const kernels::PairPart<T>& part(int64_t tile, int64_t owner) const {
    return parts[tile * owners + owner];
  }

  /// Whether the first greatest score of an owner is that of a positive.
  bool correct(int64_t owner) const {
    int64_t best = -1;
    T high = 0;
    for (int64_t i = 0; i < others.count(); ++i) {
      const kernels::PairBest<T>& found = part(i, owner).best;
      if (best < 0 || found.value > high) {
        high = found.value;
        best = others.begin(i) + found.index;
      }
    }
    return best >= 0 &&
           owner_group[static_cast<size_t>(owner)] == other_group[static_cast<size_t>(best)];
  }
};

/// Loss and number of correct owners.
struct PairTotals {
  double loss = 0;
  int64_t correct = 0;
};

/// Adds loss_of(owner) and hits of all owners, in order.
template <typename T, typename Loss>
void add_pair_losses(const PairSide<T>& side, const Loss& loss_of, PairTotals* totals) {
  std::vector<std::pair<double, bool>> results(static_cast<size_t>(side.owners));
  const Blocks blocks{side.owners, 64};
  parallel_blocks(blocks.count(), [&](int64_t block) {
    for (int64_t i = blocks.begin(block); i < blocks.end(block); ++i) {
      results[static_cast<size_t>(i)] = {loss_of(i), side.correct(i)};
    }
  });
  for (const auto& [loss, correct] : results) {
    totals->loss += loss;
    totals->correct += correct ? 1 : 0;
  }
}

/// (loss_sum, correct) as the ops return them.
template <typename T>
std::tuple<at::Tensor, at::Tensor> pair_outputs(const PairTotals& totals,
                                                const at::TensorOptions& options) {
  at::Tensor loss = at::empty({}, options);
  at::Tensor correct = at::empty({}, options.dtype(at::kFloat));
  *loss.mutable_data_ptr<T>() = static_cast<T>(totals.loss);
  *correct.mutable_data_ptr<float>() = static_cast<float>(totals.correct);
  return {loss, correct};
}

/// Softmax cross-entropy of all owners of a side; writes lse [owners].
template <typename T>
void add_softmax_losses(const PairSide<T>& side, const GroupLists& positives,
                        const PairTarget& target, T* lse, PairTotals* totals) {
  const auto loss_of = [&](int64_t owner) {
    T high = side.part(0, owner).best.value;
    for (int64_t i = 1; i < side.others.count(); ++i) {
      high = std::max(high, side.part(i, owner).best.value);
    }
    double total = 0;
    double sum = 0;
    double positive = 0;
    for (int64_t i = 0; i < side.others.count(); ++i) {
      const kernels::PairPart<T>& part = side.part(i, owner);
      total +=
          std::exp(static_cast<double>(part.best.value - high)) * static_cast<double>(part.total);
      sum += static_cast<double>(part.sum);
      positive += static_cast<double>(part.positive);
    }
    const double log_total = static_cast<double>(high) + std::log(total);
    lse[owner] = static_cast<T>(log_total);
    return log_total - target.each(positives.count(owner)) * positive - target.everywhere() * sum;
  };
  add_pair_losses(side, loss_of, totals);
}

}  // namespace tpretrain::ops
