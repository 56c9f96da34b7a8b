/// Masked tokens for masked language modelling. Pure functions of the draws that are handed in:
/// nothing is kept between samples. Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/tokenizer.h"

namespace tpretrain {

struct MaskConfig {
  enum class Unit { kToken, kWord };

  double rate = 0.15;
  Unit unit = Unit::kToken;
  double keep = 0.1;
  double random = 0.1;
  int64_t max = 0;

  void describe(ConfigVisitor& v);
};

/// Chooses tokens and hides them. (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, 3.1; whole
/// words: a word that would exceed the number of tokens to choose is passed over)
class TokenMasker {
 public:
  /// Errors: DataError naming the vocabulary when it has no [MASK], ConfigError when it has special
  /// tokens only.
  TokenMasker(const MaskConfig& config, const Tokenizer& tokenizer, int64_t max_length);

  /// Hides n = min(max, max(1, round(rate * ids.size()))) tokens, fewer when candidates run out:
  /// [MASK] for 1 - keep - random of them, themselves for `keep`, a uniform one of the ordinary
  /// tokens for `random`. Special tokens are never chosen. Appends the indices, ascending, to
  /// `rows` and the hidden ids to `labels`.
  void apply(std::vector<int32_t>& ids, CounterRng& rng, std::vector<int32_t>& rows,
             std::vector<int32_t>& labels) const;

 private:
  struct Group {
    int32_t begin;
    int32_t size;
  };

  bool is_special(int32_t id) const;
  std::vector<Group> candidates(const std::vector<int32_t>& ids) const;
  std::vector<int32_t> choose(std::vector<Group> groups, int64_t wanted, CounterRng& rng) const;
  int32_t replacement(int32_t id, CounterRng& rng) const;

  MaskConfig config_;
  const Tokenizer* tokenizer_;
  std::vector<int32_t> special_;  ///< sorted
  int32_t mask_;
  int64_t max_;
};

}  // namespace tpretrain
