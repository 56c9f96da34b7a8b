/// What a trained model finds for a few held-out pictures and texts: retrieved.json of a run.
#pragma once

#include <memory>
#include <vector>

#include "tpretrain/core/source.h"
#include "train/pair_model.h"
#include "train/retrieved.h"

namespace tpretrain {

/// A few texts with the pictures found for them, then a few pictures with texts, all out of the
/// first 1,000 items of the source, spread evenly. Errors: those of reading the items.
std::vector<Retrieved> retrieval_examples(const PairModel& model,
                                          const std::shared_ptr<const ItemSource>& items);

}  // namespace tpretrain
