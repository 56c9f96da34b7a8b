#include <random>

#include <gtest/gtest.h>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

std::string scalar(const std::string& text, bool quoted = false) {
  const std::string line = write_yaml(Node::scalar(text, {}, quoted));
  return line.substr(0, line.size() - 1);
}

TEST(WriteYaml, UsesBlockStyle) {
  const Node node = parse_yaml(
      "a: {b: 1, c: [x, [y, z], {k: v, l: w}, []]}\nd: {}\ne: null\nf: [[1], {g: [2]}]", "r.yaml");
  EXPECT_EQ(write_yaml(node), R"(a:
  b: 1
  c:
    - x
    - - y
      - z
    - k: v
      l: w
    - []
d: {}
e: null
f:
  - - 1
  - g:
      - 2
)");
}

TEST(WriteYaml, RootsThatAreNoMapsWork) {
  EXPECT_EQ(write_yaml(Node()), "null\n");
  EXPECT_EQ(write_yaml(Node::map()), "{}\n");
  EXPECT_EQ(write_yaml(Node::list({Node::scalar("a"), Node()})), "- a\n- null\n");
}

TEST(WriteYaml, BareScalarsStayBare) {
  for (const char* text : {"1", "-5", "1e-12", "true", "10k steps", "a b", "http://x/y", "-x",
                           "a#b", "encoder.*", "../a.b", "gr\xC3\xBC\xC3\x9F"}) {
    EXPECT_EQ(scalar(text), text);
  }
}

TEST(WriteYaml, StringsThatReadAsAnotherTypeAreQuoted) {
  for (const char* text : {"1", "-5", ".5", "1e3", "0777", "true", "False", "yes", "off", "n",
                           ".inf", "-.INF", ".nan", "2024-01-01", "10k", "12:30"}) {
    EXPECT_EQ(scalar(text, true), "\"" + std::string(text) + "\"");
  }
  for (const char* text : {"", "~", "null", "Null", "NULL"}) {
    EXPECT_EQ(scalar(text, true), "\"" + std::string(text) + "\"");
    EXPECT_EQ(scalar(text, false), "\"" + std::string(text) + "\"");
  }
  EXPECT_EQ(scalar("word", true), "word");
  EXPECT_EQ(scalar("1/train.bin", true), "1/train.bin");
}

TEST(WriteYaml, SpecialCharactersAreQuotedAndEscaped) {
  EXPECT_EQ(scalar("a: b"), "\"a: b\"");
  EXPECT_EQ(scalar("a #b"), "\"a #b\"");
  EXPECT_EQ(scalar("*x"), "\"*x\"");
  EXPECT_EQ(scalar("- x"), "\"- x\"");
  EXPECT_EQ(scalar("a:"), "\"a:\"");
  EXPECT_EQ(scalar(" a"), "\" a\"");
  EXPECT_EQ(scalar("a\"\\\n\t\x1b"), "\"a\\\"\\\\\\n\\t\\x1b\"");
  EXPECT_EQ(scalar("\xC2\x85\xE2\x80\xA8"), "\"\\x85\\u2028\"");
}

TEST(WriteYaml, BytesThatAreNotUtf8AreRefused) {
  EXPECT_THROW(scalar("a\xff"), ConfigError);
}

TEST(WriteYaml, CommentsFollowScalarsOnOneLine) {
  const Node node = parse_yaml("a: 1\nb: [x]\nc: {}", "r.yaml");
  const auto comment = +[](const Node& value) {
    return value.text() == "x" ? std::string() : value.mark().text() + "\n!";
  };
  EXPECT_EQ(write_yaml(node, comment),
            "a: 1  # r.yaml:1:1\\x0a!\nb:\n  - x\nc: {}  # r.yaml:3:1\\x0a!\n");
}

class RandomTree {
 public:
  explicit RandomTree(uint32_t seed) : random_(seed) {}

  Node node(int depth) {
    const unsigned kind = random_() % (depth == 0 ? 3 : 5);
    if (kind == 0) {
      return {};
    }
    if (kind <= 2) {
      return Node::scalar(text(), {}, random_() % 2 == 0);
    }
    Node out = kind == 3 ? Node::list() : Node::map();
    for (unsigned count = random_() % 4; count != 0; --count) {
      if (kind == 3) {
        out.items().push_back(node(depth - 1));
      } else {
        out.set(text(), node(depth - 1));
      }
    }
    return out;
  }

 private:
  std::string text() {
    static const std::vector<std::string> pieces = {"a",
                                                    "b",
                                                    "1",
                                                    "0",
                                                    ".",
                                                    "-",
                                                    "- ",
                                                    "?",
                                                    "? ",
                                                    ":",
                                                    ": ",
                                                    " ",
                                                    "#",
                                                    " #",
                                                    "\"",
                                                    "'",
                                                    "\\",
                                                    "\n",
                                                    "\t",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ",",
                                                    "&",
                                                    "*",
                                                    "!",
                                                    "%",
                                                    "@",
                                                    "`",
                                                    "|",
                                                    ">",
                                                    "~",
                                                    "null",
                                                    "true",
                                                    "---",
                                                    "<<",
                                                    "\x01",
                                                    "\x7f",
                                                    "=",
                                                    "...",
                                                    "\r",
                                                    "e5",
                                                    "\xC3\xA4",
                                                    "\xC2\x9B",
                                                    "\xEF\xBB\xBF",
                                                    "\xE2\x80\xA9",
                                                    "\xF0\x9F\x98\x80"};
    std::string out;
    for (unsigned count = random_() % 5; count != 0; --count) {
      out += pieces[random_() % pieces.size()];
    }
    return out;
  }

  std::mt19937 random_;
};

// A scalar keeps its text; where its type could change, also its quotes.
bool same_types(const Node& a, const Node& b) {
  if (a.is_scalar() && a.quoted() != b.quoted()) {
    return !parse_integer(a.text()) && !parse_number(a.text()) && !parse_boolean(a.text());
  }
  bool same = a.items().size() == b.items().size() && a.entries().size() == b.entries().size();
  for (size_t i = 0; same && i < a.items().size(); ++i) {
    same = same_types(a.items()[i], b.items()[i]);
  }
  for (size_t i = 0; same && i < a.entries().size(); ++i) {
    same = same_types(a.entries()[i].second, b.entries()[i].second);
  }
  return same;
}

TEST(WriteYaml, RandomTreesReadBackTheSame) {
  RandomTree random(1);
  for (int i = 0; i < 5000; ++i) {
    Node root = Node::map();
    root.set("k", random.node(4));
    const std::string text = write_yaml(root);
    const Node back = parse_yaml(text, "r.yaml");
    ASSERT_TRUE(back.same_value(root)) << text;
    ASSERT_TRUE(same_types(root, back)) << text;
    ASSERT_EQ(write_yaml(back), text);
  }
}

TEST(WriteYaml, LongestKeyReadsBack) {
  const Node root = Node::map({{std::string(250, '\x01'), Node::scalar("1")}});
  EXPECT_TRUE(parse_yaml(write_yaml(root), "r.yaml").same_value(root));
}

}  // namespace
}  // namespace tpretrain
