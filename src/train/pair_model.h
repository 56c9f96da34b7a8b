/// A model of pictures and texts, asked for the features of either alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/source.h"
#include "train/feature_set.h"

namespace tpretrain {

class PairModel {
 public:
  /// `processor` must not augment: that of Split::kValid. `batch`: samples computed at once.
  /// Errors: ConfigError when no target compares pictures with texts.
  PairModel(std::shared_ptr<Model> model, std::shared_ptr<const Processor> processor,
            int64_t batch);

  /// Whether the model has a target that compares a pass over pictures with one over texts.
  static bool fits(const Model& model, const Processor& processor);

  /// Features of each text. Errors: DataError of a text without tokens.
  FeatureSet texts(std::vector<std::string> texts) const;

  struct Pictures {
    FeatureSet features;
    std::vector<int64_t> items;  ///< of the source: a bad picture's place is taken by another one
  };

  /// Features of the first `limit` pictures of the source, 0: of all.
  Pictures pictures(const std::shared_ptr<const ItemSource>& source, int64_t limit = 0) const;

  const ContrastTarget& target() const { return *target_; }

 private:
  /// Hands out the output of one pass and its batch, for every batch of the source.
  template <typename Use>
  void run(const std::string& pass, std::shared_ptr<const Source> source, int64_t limit,
           Use use) const;

  std::shared_ptr<Model> model_;
  std::shared_ptr<const Processor> processor_;
  int64_t batch_;
  std::shared_ptr<const ContrastTarget> target_;
  std::string image_pass_;
  std::string text_pass_;
};

}  // namespace tpretrain
