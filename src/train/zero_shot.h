/// Zero-shot classification: a picture is of the class whose names are most like it. (Radford et
/// al. 2021, https://arxiv.org/abs/2103.00020, section 3.1)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/recipe.h"
#include "train/pair_model.h"

namespace tpretrain {

/// The labelled pictures. Errors: ConfigError when the source is of another kind; those of the
/// source.
std::shared_ptr<const ItemSource> open_labelled(const ZeroShotConfig& config,
                                                const Registry& registry);

class ZeroShot {
 public:
  /// Errors: ConfigError when nothing names the classes; those of `open_labelled`.
  ZeroShot(const ZeroShotConfig& config, const Registry& registry, PairModel model);

  /// k -> share of pictures whose class is among the k best, for k of 1 and 5.
  /// Features of a class are the mean of those of its templates, each brought to length 1; of token
  /// features, which have no mean, the similarities are averaged.
  /// Errors: DataError of a picture without a class, or with one that has no name.
  std::map<int64_t, double> run() const;

 private:
  /// Every template with every name, templates of a class together.
  std::vector<std::string> texts() const;
  at::Tensor similarity(const PassOutput& pictures, FeatureSet& texts) const;
  std::vector<int64_t> labels_of(const std::vector<int64_t>& items) const;

  ZeroShotConfig config_;
  PairModel model_;
  std::shared_ptr<const ItemSource> source_;
  std::vector<std::string> names_;
};

}  // namespace tpretrain
