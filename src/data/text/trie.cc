#include "data/text/trie.h"

#include <algorithm>

namespace tpretrain::text {

namespace {

constexpr uint32_t kTries = 256;  ///< places tried for a node before it goes to the end
constexpr uint32_t kSlack = 512;  ///< units behind the last one, so that `step` needs no bound

}  // namespace

Trie::Trie(std::span<const std::vector<Key>> roots) {
  reserve(static_cast<uint32_t>(roots.size()) + kSlack);
  // Unit 0 is never a node: `step` returns it for "no child".
  units_[0].parent = kRootParent;
  std::vector<Pending> pending;
  for (size_t i = 0; i < roots.size(); ++i) {
    const auto node = static_cast<uint32_t>(i + 1);
    units_[node].parent = kRootParent;
    roots_.push_back(node);
    pending.push_back({node, 0, roots[i]});
  }
  first_free_ = static_cast<uint32_t>(roots.size()) + 1;
  end_ = first_free_;
  while (!pending.empty()) {
    const Pending item = pending.back();
    pending.pop_back();
    insert(item, pending);
  }
}

void Trie::insert(const Pending& item, std::vector<Pending>& pending) {
  std::span<const Key> keys = item.keys;
  uint32_t flag = 0;
  if (!keys.empty() && keys[0].first.size() == item.depth) {
    flag = 1;
    ids_[item.node] = keys[0].second;
    keys = keys.subspan(1);
  }
  std::vector<unsigned char> labels;
  std::vector<size_t> starts;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto label = static_cast<unsigned char>(keys[i].first[item.depth]);
    if (labels.empty() || labels.back() != label) {
      labels.push_back(label);
      starts.push_back(i);
    }
  }
  starts.push_back(keys.size());
  const uint32_t base = labels.empty() ? 0 : find_base(labels);
  units_[item.node].base = base << 1 | flag;
  for (size_t i = 0; i < labels.size(); ++i) {
    const uint32_t child = base + labels[i];
    units_[child].parent = item.node;
    pending.push_back({child, item.depth + 1, keys.subspan(starts[i], starts[i + 1] - starts[i])});
  }
}

uint32_t Trie::find_base(const std::vector<unsigned char>& labels) {
  while (units_[first_free_].parent != kFree) {
    reserve(++first_free_ + kSlack);
  }
  // Holes are tried for a while, then the node goes behind all others: building stays linear.
  const uint32_t first = std::max<uint32_t>(first_free_, labels[0] + 1U);
  reserve(first + kTries + kSlack);
  uint32_t base = std::max(end_, first) - labels[0];
  for (uint32_t at = first; at < first + kTries; ++at) {
    const bool fits = std::all_of(labels.begin(), labels.end(), [&](unsigned char label) {
      return units_[at - labels[0] + label].parent == kFree;
    });
    if (fits) {
      base = at - labels[0];
      break;
    }
  }
  end_ = std::max(end_, base + labels.back() + 1);
  reserve(end_ + kSlack);
  return base;
}

void Trie::reserve(uint32_t units) {
  if (units > units_.size()) {
    const size_t size = std::max<size_t>(units, units_.size() * 3 / 2);
    units_.resize(size);
    ids_.resize(size, -1);
  }
}

}  // namespace tpretrain::text
