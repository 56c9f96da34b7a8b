#include "base/config_show.h"

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

TEST(Shown, TellsStringsListsAndMapsApart) {
  EXPECT_EQ(shown(Node::scalar("12")), "'12'");
  EXPECT_EQ(shown(Node::scalar("12", {}, true)), "the string '12'");
  EXPECT_EQ(shown(Node::list()), "a list");
  EXPECT_EQ(shown(Node::map()), "a map");
  EXPECT_EQ(shown(Node()), "null");
}

TEST(Shown, ForeignTextIsCutAndEscaped) {
  EXPECT_EQ(shown(std::string("\x1b[2J")), "'\\x1b[2J'");
  EXPECT_EQ(shown(std::string(60, 'a')), "'" + std::string(60, 'a') + "'");
  EXPECT_EQ(shown(std::string(61, 'a')), "'" + std::string(60, 'a') + "...'");
}

}  // namespace
}  // namespace tpretrain
