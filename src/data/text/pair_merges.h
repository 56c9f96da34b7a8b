/// Byte-pair merges over counted words (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909),
/// with the pieces of WordPiece: continuations carry "##".
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tpretrain::text {

class PairMerges {
 public:
  using Words = std::vector<std::pair<std::string, int64_t>>;

  /// `words`: sorted by text. Keeps the `limit` most frequent characters (0: all), ties by text;
  /// words with others are left out.
  PairMerges(const Words& words, int64_t limit);

  /// The characters as pieces, in text order.
  const std::vector<std::string>& alphabet() const { return alphabet_; }

  /// Merges the most frequent pair, of equal ones the first by text of its pieces, and returns the
  /// new piece; empty when no pair occurs `min_frequency` times.
  std::string next(int64_t min_frequency);

 private:
  using Pair = uint64_t;  ///< left piece << 32 | right piece

  struct Word {
    std::vector<int32_t> pieces;
    int64_t count = 0;
  };

  struct PairInfo {
    int64_t count = 0;
    std::vector<int32_t> words;  ///< that had the pair at some time
  };

  struct Candidate {
    int64_t count;
    Pair pair;
  };

  struct Worse {
    const PairMerges* merges;
    bool operator()(const Candidate& a, const Candidate& b) const;
  };

  static Pair make_pair(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }

  static int32_t left_of(Pair pair) { return static_cast<int32_t>(pair >> 32); }

  static int32_t right_of(Pair pair) { return static_cast<int32_t>(pair & 0xFFFFFFFF); }

  int32_t piece_id(const std::string& piece);
  void add_words(const Words& words, int64_t limit);
  void count_pairs();
  void merge(Pair pair, int32_t merged);
  void merge_in_word(int32_t index, Pair pair, int32_t merged);
  void change(Pair pair, int64_t amount, int32_t word);

  std::vector<std::string> pieces_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::string> alphabet_;
  std::vector<Word> words_;
  std::unordered_map<Pair, PairInfo> pairs_;
  std::vector<Pair> grown_;  ///< pairs whose count rose in the merge under way
  std::priority_queue<Candidate, std::vector<Candidate>, Worse> queue_;
};

}  // namespace tpretrain::text
