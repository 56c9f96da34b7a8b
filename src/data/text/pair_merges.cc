#include "data/text/pair_merges.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "data/text/utf8.h"

namespace tpretrain::text {

namespace {

constexpr std::string_view kContinuation = "##";

/// Calls `on_char(std::string_view)` for every character of `word`.
template <typename OnChar>
void for_each_char(const std::string& word, OnChar on_char) {
  const char* at = word.data();
  const char* end = at + word.size();
  while (at < end) {
    const size_t size = decode_utf8(at, end).size;
    on_char(std::string_view(at, size));
    at += size;
  }
}

std::set<std::string, std::less<>> most_frequent_chars(const PairMerges::Words& words,
                                                       int64_t limit) {
  std::unordered_map<std::string, int64_t> counts;
  for (const auto& [word, count] : words) {
    for_each_char(word, [&, n = count](std::string_view c) { counts[std::string(c)] += n; });
  }
  std::vector<std::pair<int64_t, std::string>> ranked;
  for (const auto& [text, count] : counts) {
    ranked.emplace_back(-count, text);
  }
  std::sort(ranked.begin(), ranked.end());
  if (limit > 0 && static_cast<int64_t>(ranked.size()) > limit) {
    ranked.resize(static_cast<size_t>(limit));
  }
  std::set<std::string, std::less<>> kept;
  for (auto& [count, text] : ranked) {
    kept.insert(std::move(text));
  }
  return kept;
}

}  // namespace

bool PairMerges::Worse::operator()(const Candidate& a, const Candidate& b) const {
  if (a.count != b.count) {
    return a.count < b.count;
  }
  const auto& pieces = merges->pieces_;
  const auto text = [&pieces](Pair pair) {
    return std::tie(pieces[static_cast<size_t>(left_of(pair))],
                    pieces[static_cast<size_t>(right_of(pair))]);
  };
  return text(a.pair) > text(b.pair);
}

PairMerges::PairMerges(const Words& words, int64_t limit) : queue_(Worse{this}) {
  add_words(words, limit);
  count_pairs();
}

int32_t PairMerges::piece_id(const std::string& piece) {
  const auto [entry, added] = ids_.try_emplace(piece, static_cast<int32_t>(pieces_.size()));
  if (added) {
    pieces_.push_back(piece);
  }
  return entry->second;
}

void PairMerges::add_words(const Words& words, int64_t limit) {
  const auto kept = most_frequent_chars(words, limit);
  for (const auto& [text, count] : words) {
    Word word;
    word.count = count;
    bool known = true;
    for_each_char(text, [&](std::string_view c) {
      known = known && kept.contains(c);
      if (known) {
        word.pieces.push_back(
            piece_id(std::string(word.pieces.empty() ? "" : kContinuation) + std::string(c)));
      }
    });
    if (known && !word.pieces.empty()) {
      words_.push_back(std::move(word));
    }
  }
  alphabet_ = pieces_;
  std::sort(alphabet_.begin(), alphabet_.end());
}

void PairMerges::count_pairs() {
  for (size_t i = 0; i < words_.size(); ++i) {
    const std::vector<int32_t>& pieces = words_[i].pieces;
    for (size_t j = 0; j + 1 < pieces.size(); ++j) {
      change(make_pair(pieces[j], pieces[j + 1]), words_[i].count, static_cast<int32_t>(i));
    }
  }
  grown_.clear();
  for (const auto& [pair, info] : pairs_) {
    queue_.push({info.count, pair});
  }
}

void PairMerges::change(Pair pair, int64_t amount, int32_t word) {
  PairInfo& info = pairs_[pair];
  info.count += amount;
  if (amount > 0) {
    if (info.words.empty() || info.words.back() != word) {
      info.words.push_back(word);
    }
    grown_.push_back(pair);
  }
}

std::string PairMerges::next(int64_t min_frequency) {
  while (!queue_.empty()) {
    const Candidate top = queue_.top();
    queue_.pop();
    const int64_t now = pairs_[top.pair].count;
    if (now != top.count) {
      // Counts that fell are put back with what is left; those that rose were pushed again then.
      if (now < top.count && now > 0) {
        queue_.push({now, top.pair});
      }
      continue;
    }
    if (now < std::max<int64_t>(min_frequency, 1)) {
      return {};
    }
    const std::string& right = pieces_[static_cast<size_t>(right_of(top.pair))];
    const std::string piece =
        pieces_[static_cast<size_t>(left_of(top.pair))] + right.substr(kContinuation.size());
    merge(top.pair, piece_id(piece));
    return piece;
  }
  return {};
}

void PairMerges::merge(Pair pair, int32_t merged) {
  const std::vector<int32_t> words = std::move(pairs_[pair].words);
  grown_.clear();
  for (const int32_t word : words) {
    merge_in_word(word, pair, merged);
  }
  pairs_.erase(pair);
  std::sort(grown_.begin(), grown_.end());
  grown_.erase(std::unique(grown_.begin(), grown_.end()), grown_.end());
  for (const Pair changed : grown_) {
    queue_.push({pairs_[changed].count, changed});
  }
}

void PairMerges::merge_in_word(int32_t index, Pair pair, int32_t merged) {
  Word& word = words_[static_cast<size_t>(index)];
  std::vector<int32_t>& pieces = word.pieces;
  size_t out = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const bool here =
        i + 1 < pieces.size() && pieces[i] == left_of(pair) && pieces[i + 1] == right_of(pair);
    if (!here) {
      pieces[out++] = pieces[i];
      continue;
    }
    if (out > 0) {
      change(make_pair(pieces[out - 1], pieces[i]), -word.count, index);
      change(make_pair(pieces[out - 1], merged), word.count, index);
    }
    if (i + 2 < pieces.size()) {
      change(make_pair(pieces[i + 1], pieces[i + 2]), -word.count, index);
      change(make_pair(merged, pieces[i + 2]), word.count, index);
    }
    pieces[out++] = merged;
    ++i;
  }
  pieces.resize(out);
}

}  // namespace tpretrain::text
