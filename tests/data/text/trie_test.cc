#include "data/text/trie.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Keys = std::map<std::string, int32_t>;

std::vector<Trie::Key> sorted(const Keys& keys) {
  std::vector<Trie::Key> out(keys.begin(), keys.end());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::string_view(a.first) < std::string_view(b.first);
  });
  return out;
}

int32_t find(const Trie& trie, size_t root, const std::string& key) {
  uint32_t node = trie.root(root);
  for (const char c : key) {
    node = trie.step(node, static_cast<unsigned char>(c));
    if (node == 0) {
      return -1;
    }
  }
  return trie.has_id(node) ? trie.id(node) : -1;
}

std::string random_key(std::mt19937& random, int alphabet) {
  std::string key(1 + random() % 6, '\0');
  for (char& c : key) {
    c = static_cast<char>(random() % alphabet);
  }
  return key;
}

class TrieProperty : public ::testing::TestWithParam<int> {};

TEST_P(TrieProperty, FindsExactlyTheKeysOfEachRoot) {
  std::mt19937 random(7);
  Keys keys[2];
  for (int i = 0; i < 4000; ++i) {
    keys[i % 2][random_key(random, GetParam())] = i;
  }
  const std::vector<Trie::Key> roots[2] = {sorted(keys[0]), sorted(keys[1])};
  const Trie trie(roots);
  for (size_t root = 0; root < 2; ++root) {
    for (const auto& [key, id] : keys[root]) {
      ASSERT_EQ(find(trie, root, key), id);
    }
    for (int i = 0; i < 4000; ++i) {
      const std::string key = random_key(random, GetParam());
      const auto known = keys[root].find(key);
      ASSERT_EQ(find(trie, root, key), known == keys[root].end() ? -1 : known->second);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Alphabets, TrieProperty, ::testing::Values(2, 26, 256));

TEST(Trie, EmptyRootsHaveNoChildren) {
  const std::vector<Trie::Key> roots[2] = {};
  const Trie trie(roots);
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(trie.step(trie.root(0), static_cast<unsigned char>(byte)), 0U);
    EXPECT_EQ(trie.step(trie.root(1), static_cast<unsigned char>(byte)), 0U);
  }
}

}  // namespace
}  // namespace tpretrain::text
