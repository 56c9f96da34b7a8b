#include "tpretrain/core/masking.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tpretrain {

void MaskConfig::describe(ConfigVisitor& v) {
  v.field("rate", rate, "Share of a sample's tokens that is predicted; 0: none.",
          {.min = 0, .max = 1});
  v.choice("unit", unit, "Choose single tokens, or whole words.", {"token", "word"});
  v.field("keep", keep, "Share of the chosen ones that stays as it is.", {.min = 0, .max = 1});
  v.field("random", random, "Share of the chosen ones that becomes a random token.",
          {.min = 0, .max = 1});
  v.field("max", max, "Most tokens chosen in a sample; 0: rate x length.",
          {.min = 0, .max = 1 << 22});
  v.check(keep + random <= 1, "`keep` + `random` must be at most 1");
}

TokenMasker::TokenMasker(const MaskConfig& config, const Tokenizer& tokenizer, int64_t max_length)
    : config_(config),
      tokenizer_(&tokenizer),
      mask_(tokenizer.require(tokenizer.special().mask, "[MASK]")),
      max_(config.max > 0 ? config.max
                          : std::max<int64_t>(
                                1, std::llround(config.rate * static_cast<double>(max_length)))) {
  const SpecialIds& ids = tokenizer.special();
  for (const std::optional<int32_t>& id : {ids.cls, ids.sep, ids.mask, ids.pad, ids.unk}) {
    if (id) {
      special_.push_back(*id);
    }
  }
  std::sort(special_.begin(), special_.end());
  special_.erase(std::unique(special_.begin(), special_.end()), special_.end());
  if (tokenizer.size() <= static_cast<int64_t>(special_.size())) {
    throw ConfigError("vocabulary " + tokenizer.source() + " has special tokens only");
  }
}

bool TokenMasker::is_special(int32_t id) const {
  return std::binary_search(special_.begin(), special_.end(), id);
}

std::vector<TokenMasker::Group> TokenMasker::candidates(const std::vector<int32_t>& ids) const {
  std::vector<Group> groups;
  bool open = false;  // the token before this one is a candidate
  for (size_t i = 0; i < ids.size(); ++i) {
    if (is_special(ids[i])) {
      open = false;
      continue;
    }
    if (open && config_.unit == MaskConfig::Unit::kWord && tokenizer_->continues_word(ids[i])) {
      ++groups.back().size;
    } else {
      groups.push_back({static_cast<int32_t>(i), 1});
    }
    open = true;
  }
  return groups;
}

/// Walks a random order of the groups (Fisher-Yates, only as far as needed).
std::vector<int32_t> TokenMasker::choose(std::vector<Group> groups, int64_t wanted,
                                         CounterRng& rng) const {
  std::vector<int32_t> chosen;
  for (size_t i = 0; i < groups.size() && static_cast<int64_t>(chosen.size()) < wanted; ++i) {
    std::swap(groups[i], groups[i + rng.below(groups.size() - i)]);
    const Group& group = groups[i];
    if (static_cast<int64_t>(chosen.size()) + group.size > wanted) {
      continue;
    }
    for (int32_t k = 0; k < group.size; ++k) {
      chosen.push_back(group.begin + k);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

int32_t TokenMasker::replacement(int32_t id, CounterRng& rng) const {
  const double u = rng.uniform();
  if (u < config_.keep) {
    return id;
  }
  if (u >= config_.keep + config_.random) {
    return mask_;
  }
  int32_t drawn = 0;
  do {
    drawn = static_cast<int32_t>(rng.below(static_cast<uint64_t>(tokenizer_->size())));
  } while (is_special(drawn));
  return drawn;
}

void TokenMasker::apply(std::vector<int32_t>& ids, CounterRng& rng, std::vector<int32_t>& rows,
                        std::vector<int32_t>& labels) const {
  const int64_t share = std::llround(config_.rate * static_cast<double>(ids.size()));
  const int64_t wanted = std::min(max_, std::max<int64_t>(1, share));
  for (const int32_t row : choose(candidates(ids), wanted, rng)) {
    rows.push_back(row);
    labels.push_back(ids[row]);
    ids[row] = replacement(ids[row], rng);
  }
}

}  // namespace tpretrain
