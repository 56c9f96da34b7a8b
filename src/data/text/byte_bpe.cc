#include "data/text/byte_bpe.h"

#include <algorithm>
#include <bit>
#include <queue>

#include "data/text/utf8.h"
#include "tpretrain/base/error.h"

namespace tpretrain::text {

namespace {

/// Words of at most this many bytes are scanned for their strongest pair; longer ones keep a heap.
constexpr size_t kShortWord = 48;

bool is_printable(unsigned char byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr size_t kHidden = 68;  // bytes that are not printable

std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> characters{};
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = is_printable(static_cast<unsigned char>(byte));
    characters[static_cast<size_t>(byte)] = printable ? static_cast<char32_t>(byte) : next++;
  }
  return characters;
}

const std::array<char32_t, 256>& characters() {
  static const std::array<char32_t, 256> table = make_characters();
  return table;
}

uint64_t pair_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

uint64_t mix(uint64_t pair) {
  pair *= 0x9E3779B97F4A7C15ULL;
  return pair ^ (pair >> 32);
}

/// A pair that may be joined: valid while both of its symbols still stand there.
struct Candidate {
  int32_t rank;
  uint32_t at;
  int32_t left;
  int32_t right;
  int32_t result;

  bool operator<(const Candidate& other) const {  // the heap's top is the largest
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

/// A word's symbols as a linked list over the positions of its bytes.
struct Links {
  static constexpr int32_t kGone = -1;

  std::vector<int32_t> symbols;
  std::vector<uint32_t> next;
  std::vector<uint32_t> previous;

  uint32_t end() const { return static_cast<uint32_t>(symbols.size()); }

  /// Puts `result` at `at` in place of it and its right neighbour.
  void join(uint32_t at, int32_t result) {
    const uint32_t gone = next[at];
    symbols[at] = result;
    symbols[gone] = kGone;
    next[at] = next[gone];
    if (next[at] < end()) {
      previous[next[at]] = at;
    }
  }
};

}  // namespace

char32_t byte_character(unsigned char byte) {
  return characters()[byte];
}

bool bytes_of_characters(std::string_view text, std::string& bytes) {
  const char* at = text.data();
  const char* end = at + text.size();
  bytes.clear();
  while (at < end) {
    const Decoded decoded = decode_utf8(at, end);
    const char32_t c = decoded.code_point;
    at += decoded.size;
    if (c < 0x100 && is_printable(static_cast<unsigned char>(c))) {
      bytes.push_back(static_cast<char>(c));
    } else if (c >= 0x100 && c < 0x100 + kHidden) {
      const auto found = std::find(characters().begin(), characters().end(), c);
      bytes.push_back(static_cast<char>(found - characters().begin()));
    } else {
      return false;
    }
  }
  return true;
}

ByteBpe::ByteBpe(const Alphabet& alphabet, const std::vector<Merge>& merges)
    : alphabet_(alphabet), slots_(std::bit_ceil(2 * merges.size() + 2)) {
  const size_t mask = slots_.size() - 1;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    const uint64_t pair = pair_of(merge.left, merge.right);
    size_t slot = mix(pair) & mask;
    while (slots_[slot].pair != kNoPair && slots_[slot].pair != pair) {
      slot = (slot + 1) & mask;
    }
    if (slots_[slot].pair == kNoPair) {
      slots_[slot] = {pair, static_cast<int32_t>(rank), merge.result};
    }
  }
}

/// The slot of a pair, or an empty one (rank kNoRank).
const ByteBpe::Slot& ByteBpe::find(int32_t left, int32_t right) const {
  const uint64_t pair = pair_of(left, right);
  const size_t mask = slots_.size() - 1;
  size_t slot = mix(pair) & mask;
  while (slots_[slot].pair != kNoPair && slots_[slot].pair != pair) {
    slot = (slot + 1) & mask;
  }
  return slots_[slot];
}

/// Joins pairs in place; returns how many symbols are left.
size_t ByteBpe::join_short(int32_t* symbols, size_t count) const {
  int32_t ranks[kShortWord];
  int32_t results[kShortWord];
  const auto look_up = [&](size_t i) {
    const Slot& slot = find(symbols[i], symbols[i + 1]);
    ranks[i] = slot.rank;
    results[i] = slot.result;
  };
  for (size_t i = 0; i + 1 < count; ++i) {
    look_up(i);
  }
  while (count > 1) {
    const auto best = static_cast<size_t>(std::min_element(ranks, ranks + count - 1) - ranks);
    if (ranks[best] == kNoRank) {
      break;
    }
    symbols[best] = results[best];
    std::copy(symbols + best + 2, symbols + count, symbols + best + 1);
    std::copy(ranks + best + 1, ranks + count - 1, ranks + best);
    std::copy(results + best + 1, results + count - 1, results + best);
    --count;
    if (best + 1 < count) {
      look_up(best);
    }
    if (best > 0) {
      look_up(best - 1);
    }
  }
  return count;
}

void ByteBpe::encode(std::string_view word, std::vector<int32_t>& ids) const {
  if (word.size() > kShortWord) {
    encode_long(word, ids);
    return;
  }
  if (word.empty()) {
    return;
  }
  int32_t symbols[kShortWord];
  for (size_t i = 0; i < word.size(); ++i) {
    symbols[i] = alphabet_.inner[static_cast<unsigned char>(word[i])];
  }
  symbols[word.size() - 1] = alphabet_.last[static_cast<unsigned char>(word.back())];
  const size_t left = join_short(symbols, word.size());
  ids.insert(ids.end(), symbols, symbols + left);
}

void ByteBpe::encode_long(std::string_view word, std::vector<int32_t>& ids) const {
  TP_ASSERT(word.size() < UINT32_MAX);
  Links links;
  for (size_t i = 0; i < word.size(); ++i) {
    links.symbols.push_back(alphabet_.inner[static_cast<unsigned char>(word[i])]);
    links.next.push_back(static_cast<uint32_t>(i + 1));
    links.previous.push_back(static_cast<uint32_t>(i - 1));
  }
  links.symbols.back() = alphabet_.last[static_cast<unsigned char>(word.back())];
  std::priority_queue<Candidate> heap;
  const auto consider = [&](uint32_t at) {
    const int32_t left = links.symbols[at];
    const int32_t right = links.symbols[links.next[at]];
    const Slot& slot = find(left, right);
    if (slot.rank != kNoRank) {
      heap.push({slot.rank, at, left, right, slot.result});
    }
  };
  for (uint32_t i = 0; i + 1 < links.end(); ++i) {
    consider(i);
  }
  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    const uint32_t right = links.next[best.at];
    if (links.symbols[best.at] != best.left || right >= links.end() ||
        links.symbols[right] != best.right) {
      continue;
    }
    links.join(best.at, best.result);
    if (links.next[best.at] < links.end()) {
      consider(best.at);
    }
    if (best.at > 0) {
      consider(links.previous[best.at]);
    }
  }
  for (uint32_t at = 0; at < links.end(); at = links.next[at]) {
    ids.push_back(links.symbols[at]);
  }
}

}  // namespace tpretrain::text
