/// The optimizers that a recipe may choose, and how its groups become rules per segment.
#pragma once

#include <vector>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/core/optimizer.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

void register_optimizers(Registry& registry);
void register_schedules(Registry& registry);

/// One rule per trained segment. First match wins; by default parameters with fewer than two
/// dimensions are not decayed. Errors: ConfigError for a pattern that matches nothing.
std::vector<SegmentRule> segment_rules(const ParameterBuffer& buffer,
                                       const std::vector<ParameterGroup>& groups);

}  // namespace tpretrain
