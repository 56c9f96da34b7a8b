#include "data/text/bert_table.h"

#include <map>

#include "data/text/bert_unicode.h"

namespace tpretrain::text {

namespace {

constexpr char32_t kCodePoints = 0x110000;

uint32_t packed(Action action, uint32_t value = 0) {
  return static_cast<uint32_t>(action) | value << 3;
}

/// Pages equal to the one before them, skipped for speed: planes 4 to 13 are unassigned, 15 and 16
/// private use but for the last two code points.
bool repeats_page(char32_t first) {
  const char32_t plane = first >> 16;
  const char32_t in_plane = first & 0xFFFF;
  return (plane >= 4 && plane <= 13 && first != 0x40000) ||
         (plane >= 15 && in_plane != 0 && in_plane != 0xFF00);
}

}  // namespace

BertTable::BertTable(const BertRules& rules) : rules_(rules) {
  std::map<std::vector<uint32_t>, uint16_t> known;
  std::vector<uint32_t> page(256);
  for (char32_t first = 0; first < kCodePoints; first += 256) {
    for (char32_t i = 0; i < 256 && !repeats_page(first); ++i) {
      page[i] = pack(first + i);
    }
    const auto [entry, added] = known.try_emplace(page, static_cast<uint16_t>(known.size()));
    if (added) {
      entries_.insert(entries_.end(), page.begin(), page.end());
    }
    pages_.push_back(entry->second);
  }
  ascii_action_.fill(kMulti);
  for (char32_t c = 0; c < 128; ++c) {
    const Entry entry = (*this)[c];
    ascii_action_[c] = static_cast<uint8_t>(entry.action);
    ascii_value_[c] = static_cast<char>(entry.value != 0 ? entry.value : c);
  }
}

uint32_t BertTable::pack(char32_t code_point) {
  if (bert_is_plain(code_point)) {
    return packed(rules_.chinese && is_cjk_ideograph(code_point) ? Action::kIdeograph
                                                                 : Action::kWord);
  }
  const BertClass own = bert_class(code_point);
  if (own == BertClass::kControl) {
    return packed(Action::kDrop);
  }
  if (own == BertClass::kSpace) {
    return packed(Action::kSpace);
  }
  Decomposition parts{{code_point}, 1};
  if (rules_.strip_accents) {
    parts = bert_decompose(code_point);
  }
  Kept kept;
  bool starter_removed = false;
  for (int i = 0; i < parts.size; ++i) {
    const char32_t part = parts.code_points[i];
    if (rules_.strip_accents && bert_class(part) == BertClass::kMark) {
      starter_removed |= bert_combining_class(part) == 0;
      continue;
    }
    const Decomposition lower = rules_.lowercase ? bert_lowercase(part) : Decomposition{{part}, 1};
    for (int j = 0; j < lower.size; ++j) {
      kept.code_points[kept.size++] = lower.code_points[j];
    }
  }
  return pack_kept(code_point, kept, starter_removed);
}

uint32_t BertTable::pack_kept(char32_t code_point, const Kept& kept, bool starter_removed) {
  if (kept.size == 0) {
    return packed(starter_removed ? Action::kStarter : Action::kDrop);
  }
  const bool ordered = rules_.strip_accents && bert_combining_class(kept.code_points[0]) != 0;
  if (kept.size > 1 || ordered) {
    return packed(Action::kSequence, add_sequence(kept));
  }
  const uint32_t value =
      kept.code_points[0] == code_point ? 0 : static_cast<uint32_t>(kept.code_points[0]);
  if (rules_.chinese && is_cjk_ideograph(code_point)) {
    return packed(Action::kIdeograph, value);
  }
  const bool punctuation = bert_class(kept.code_points[0]) == BertClass::kPunctuation;
  return packed(punctuation ? Action::kPunct : Action::kWord, value);
}

uint32_t BertTable::add_sequence(const Kept& kept) {
  const auto at = static_cast<uint32_t>(sequences_.size());
  sequences_.push_back(static_cast<char32_t>(kept.size));
  sequences_.insert(sequences_.end(), kept.code_points.begin(),
                    kept.code_points.begin() + kept.size);
  return at;
}

}  // namespace tpretrain::text
