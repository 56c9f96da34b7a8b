/// A static map from byte strings to ids with longest-prefix walks: a double array, one 8-byte load
/// per byte (Aoe 1989). Two roots share it: words and continuations.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tpretrain::text {

class Trie {
 public:
  using Key = std::pair<std::string_view, int32_t>;  ///< bytes, not empty; id >= 0

  /// `roots`: the keys of each root, sorted by bytes, each key once.
  explicit Trie(std::span<const std::vector<Key>> roots);

  /// Root of the i-th key set.
  uint32_t root(size_t index) const { return roots_[index]; }

  /// The child of `node` by `byte`, or 0.
  uint32_t step(uint32_t node, unsigned char byte) const {
    const uint32_t child = (units_[node].base >> 1) + byte;
    return units_[child].parent == node ? child : 0;
  }

  bool has_id(uint32_t node) const { return (units_[node].base & 1) != 0; }

  int32_t id(uint32_t node) const { return ids_[node]; }

 private:
  struct Unit {
    uint32_t base = 0;  ///< where the children start << 1 | has an id
    uint32_t parent = kFree;
  };

  static constexpr uint32_t kFree = 0xFFFFFFFF;
  static constexpr uint32_t kRootParent = 0xFFFFFFFE;

  struct Pending {
    uint32_t node;
    size_t depth;
    std::span<const Key> keys;
  };

  void insert(const Pending& item, std::vector<Pending>& pending);
  uint32_t find_base(const std::vector<unsigned char>& labels);
  void reserve(uint32_t units);

  std::vector<Unit> units_;
  std::vector<int32_t> ids_;
  std::vector<uint32_t> roots_;
  uint32_t first_free_ = 1;
  uint32_t end_ = 1;  ///< behind the last unit in use
};

}  // namespace tpretrain::text
