#include "tpretrain/base/node.h"

#include <gtest/gtest.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

TEST(Mark, TextHasLineAndColumnOnlyInAFile) {
  EXPECT_EQ((Mark{"recipe.yaml", 12, 5}.text()), "recipe.yaml:12:5");
  EXPECT_EQ((Mark{"--set"}.text()), "--set");
  EXPECT_EQ(Mark{}.text(), "");
}

TEST(Node, SetAppendsThenReplaces) {
  Node node;
  EXPECT_TRUE(node.is_null());
  node.set("b", Node::scalar("1"));
  node.set("a", Node::scalar("2"));
  node.set("b", Node::scalar("3"));
  ASSERT_TRUE(node.is_map());
  ASSERT_EQ(node.entries().size(), 2);
  EXPECT_EQ(node.entries()[0].first, "b");
  EXPECT_EQ(node.find("b")->text(), "3");
  EXPECT_EQ(node.find("c"), nullptr);
}

TEST(Node, SetOnAScalarIsADefect) {
  Node node = Node::scalar("1");
  EXPECT_THROW(node.set("a", Node()), InternalError);
}

TEST(Node, EraseTellsWhetherTheKeyWasThere) {
  Node node = Node::map({{"a", Node::scalar("1")}, {"b", Node()}});
  EXPECT_TRUE(node.erase("a"));
  EXPECT_FALSE(node.erase("a"));
  EXPECT_EQ(node.entries().size(), 1);
}

TEST(Node, SameValueIgnoresMarksAndQuotesOnly) {
  const Node one = Node::map({{"a", Node::list({Node::scalar("1", {"x", 1, 1})})}});
  EXPECT_TRUE(one.same_value(Node::map({{"a", Node::list({Node::scalar("1", {}, true)})}})));
  EXPECT_FALSE(one.same_value(Node::map({{"a", Node::list({Node::scalar("2")})}})));
  EXPECT_FALSE(one.same_value(Node::map({{"b", Node::list({Node::scalar("1")})}})));
  EXPECT_FALSE(one.same_value(Node::map({{"a", Node::list()}})));
  EXPECT_FALSE(Node::list().same_value(Node::map()));
}

}  // namespace
}  // namespace tpretrain
