#include <random>

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using namespace std::string_literals;

std::string fault(const std::string& text, const YamlLimits& limits = {}) {
  try {
    parse_yaml(text, "r.yaml", limits);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ParseYaml, BuildsTheTree) {
  const Node root = parse_yaml("a: 1\nb: [x, 'y', null]\nc:\n  d: {e: \"f g\"}\nn:\n", "r.yaml");
  ASSERT_TRUE(root.is_map());
  EXPECT_EQ(root.find("a")->text(), "1");
  EXPECT_FALSE(root.find("a")->quoted());
  const std::vector<Node>& items = root.find("b")->items();
  ASSERT_EQ(items.size(), 3);
  EXPECT_FALSE(items[0].quoted());
  EXPECT_TRUE(items[1].quoted());
  EXPECT_TRUE(items[2].is_null());
  EXPECT_EQ(root.find("c")->find("d")->find("e")->text(), "f g");
  EXPECT_TRUE(root.find("n")->is_null());
}

TEST(ParseYaml, BlockScalarsAreStrings) {
  const Node root = parse_yaml("a: |\n  12\n  13\nb: >-\n  x\n  y\n", "r.yaml");
  EXPECT_EQ(root.find("a")->text(), "12\n13\n");
  EXPECT_TRUE(root.find("a")->quoted());
  EXPECT_EQ(root.find("b")->text(), "x y");
}

TEST(ParseYaml, ValuesCarryThePlaceOfTheirKey) {
  const Node root = parse_yaml("a: 1\nb:\n  c:   [x, y]\n", "r.yaml");
  EXPECT_EQ(root.find("a")->mark().text(), "r.yaml:1:1");
  EXPECT_EQ(root.find("b")->mark().text(), "r.yaml:2:1");
  EXPECT_EQ(root.find("b")->find("c")->mark().text(), "r.yaml:3:3");
  EXPECT_EQ(root.find("b")->find("c")->items()[1].mark().text(), "r.yaml:3:12");
}

TEST(ParseYaml, EmptyDocumentsAreEmptyMaps) {
  for (const char* text :
       {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "null", "\xEF\xBB\xBF"}) {
    EXPECT_TRUE(parse_yaml(text, "r.yaml").is_map()) << text;
  }
}

TEST(ParseYaml, ByteOrderMarkIsSkipped) {
  EXPECT_EQ(parse_yaml("\xEF\xBB\xBF"
                       "a: 1",
                       "r.yaml")
                .find("a")
                ->text(),
            "1");
}

TEST(ParseYaml, RefusesWhatRecipesMustNotUse) {
  EXPECT_EQ(fault("a: &x 1\n"), "r.yaml:1:4: anchors (&name) are not allowed; write the value out");
  EXPECT_EQ(fault("a: &x\n"), "r.yaml:1:4: anchors (&name) are not allowed; write the value out");
  EXPECT_NE(fault("a: &x {b: 1}\nc: *x\n"), "");
  EXPECT_NE(fault("a: *x\n"), "");
  EXPECT_EQ(fault("a: !!int 1\n"),
            "r.yaml:1:4: tags are not allowed, but here is 'tag:yaml.org,2002:int'");
  EXPECT_EQ(fault("a: !mine {}\n"), "r.yaml:1:4: tags are not allowed, but here is '!mine'");
  EXPECT_EQ(fault("a: 1\nb: 2\na: 3\n"),
            "r.yaml:3:1: the key 'a' stands here twice (first at line 1)");
  EXPECT_EQ(fault("<<: {a: 1}\n"), "r.yaml:1:1: merge keys (<<) are not allowed; use `extends:`");
  EXPECT_EQ(fault("[a]: 1\n"), "r.yaml:1:1: a key must be a plain name, not a list or a map");
  EXPECT_EQ(fault("{a: 1}: 1\n"), "r.yaml:1:1: a key must be a plain name, not a list or a map");
  EXPECT_EQ(fault("null: 1\n"), "r.yaml:1:1: a key is missing or null");
  EXPECT_EQ(fault("a: 1\n---\nb: 2\n").substr(0, 11), "r.yaml:2:1:");
  EXPECT_EQ(fault("a: \"" + std::string(251, 'x') + "\"\n"), "");
  EXPECT_EQ(fault(std::string(251, 'x') + ": 1\n"), "r.yaml:1:1: a key is longer than 250 bytes");
}

TEST(ParseYaml, SameKeyInDifferentMapsIsFine) {
  EXPECT_EQ(fault("a: {k: 1}\nb: {k: 2}\nc:\n  - k: 1\n  - k: 2\n"), "");
}

TEST(ParseYaml, SyntaxErrorsNameLineAndColumn) {
  EXPECT_EQ(fault("a: [1, 2\nb: 3\n").substr(0, 9), "r.yaml:2:");
  EXPECT_EQ(fault("a: 1\n  b: 2\n").substr(0, 9), "r.yaml:2:");
}

TEST(ParseYaml, OpenQuotesAreErrorsHoweverTheTextEnds) {
  for (const char* end : {"", "\n", "\n\n", "\r\n", "\n  ", "\n\t", "  ", "\nb: 1\n", "\n#"}) {
    for (const char* quote : {"'", "\""}) {
      const std::string text = std::string("a: ") + quote + "x" + end;
      EXPECT_NE(fault(text).find("not valid YAML"), std::string::npos) << text;
    }
  }
}

TEST(ParseYaml, BlankLinesAtTheEndChangeNothing) {
  for (const char* end : {"", "\n", "\n\n", "\r\n", "\n  ", "\n# c", "\n...\n"}) {
    EXPECT_EQ(parse_yaml(std::string("a: x") + end, "r.yaml").find("a")->text(), "x") << end;
    EXPECT_EQ(parse_yaml(std::string("a: |-\n  x") + end, "r.yaml").find("a")->text(), "x") << end;
  }
  EXPECT_EQ(parse_yaml("a: |+\n  x\n\n", "r.yaml").find("a")->text(), "x\n\n");
}

TEST(ParseYaml, RefusesForeignBytesBeforeParsing) {
  EXPECT_EQ(fault(",\0\x1a"s), "r.yaml:1:2: a control character (\\x00) is not allowed");
  EXPECT_EQ(fault("a: 1\nb: \x04"), "r.yaml:2:4: a control character (\\x04) is not allowed");
  EXPECT_EQ(fault("a: \xC2\x85"), "r.yaml:1:4: a control character (\\xc2\\x85) is not allowed");
  EXPECT_EQ(fault("\xC3\xA4: \xff"), "r.yaml:1:4: not valid UTF-8 (byte 0xff)");
  EXPECT_EQ(fault("\xFE\xFF\0a"s).substr(0, 11), "r.yaml:1:1:");
  EXPECT_EQ(parse_yaml("a:\t1\r\nb: 2\r\n", "r.yaml").find("b")->text(), "2");
}

TEST(ParseYaml, LimitsAreExact) {
  EXPECT_EQ(fault("a: 1", {.bytes = 4}), "");
  EXPECT_EQ(fault("a: 12", {.bytes = 4}), "r.yaml: larger than 4 B");
  EXPECT_EQ(fault("[[[]]]", {.depth = 3}), "");
  EXPECT_EQ(fault("[[[[]]]]", {.depth = 3}), "r.yaml:1:4: nested deeper than 3 levels");
  EXPECT_EQ(fault("[1, 2, 3]", {.nodes = 4}), "");
  EXPECT_EQ(fault("[1, 2, 3, 4]", {.nodes = 4}), "r.yaml:1:11: more than 4 values");
}

// Each repeats one construct; the time limit of the test would catch a blow-up.
TEST(ParseYaml, LargeHostileInputsEnd) {
  constexpr size_t kBytes = 1 << 18;
  for (const char* unit :
       {"[",     "{",     "- ",   "? ",  ": ", "a: ", "\"",   "'",      "a",     "\n",    "#",
        "|",     "!",     "&",    "*a ", "%",  "[a,", "{a: ", "- - \n", "a:\n ", "\t",    " ",
        "---\n", "...\n", "!!a ", "\\",  "@",  ",",   "]",    "- [",    "? - ",  "a: |\n"}) {
    std::string text;
    while (text.size() + 8 < kBytes) {
      text += unit;
    }
    try {
      parse_yaml(text, "r.yaml");
    } catch (const ConfigError&) {
      continue;
    }
  }
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string operator()(std::string text) {
    for (unsigned edits = 1 + below(4); edits != 0; --edits) {
      const size_t at = below(text.size() + 1);
      const size_t size = std::min<size_t>(below(12), text.size() - at);
      switch (below(5)) {
        case 0:
          text.insert(at, kTokens[below(kTokens.size())]);
          break;
        case 1:
          text.erase(at, size);
          break;
        case 2:
          text.insert(below(text.size() + 1), text.substr(at, size));
          break;
        case 3:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
        default:
          if (at < text.size()) {
            text[at] = static_cast<char>(text[at] ^ 1 << below(8));
          }
      }
    }
    return text;
  }

 private:
  size_t below(size_t bound) { return random_() % bound; }

  inline static const std::vector<std::string> kTokens = {
      "{",        "}",    "[",    "]",    ",",    ": ", "? ",  "- ",    "\n",   "\n  ",
      "|\n",      ">-\n", "&a ",  "*a",   "<<",   "!!", "!x ", "%YAML", "---",  "\n---\n",
      "...",      "\"",   "'",    "#",    " #",   "\t", "\\x", "\0"s,   "\x1a", "\xEF\xBB\xBF",
      "\xC2\x85", "~",    "null", "0777", "1e400"};
  std::mt19937 random_;
};

// Whatever parses is also a test of the writer.
TEST(ParseYaml, MutatedRecipesGiveATreeOrAConfigError) {
  const std::vector<std::string> seeds = {
      "name: bert\nmodel:\n  embedding: {sum: [word, {position: {max: 512}}], dropout: 0.1}\n",
      "target:\n  - mlm: {tie: embedding.word}\n  - pair_match: {name: 'n s p'}\n",
      "a: |\n  block\n  text\nb: \"x\\ty\"\nc: [1, -2.5e3, true, ~]\n? key\n: value\n"};
  Mutator mutate(1);
  int parsed = 0;
  for (size_t i = 0; i < 10'000; ++i) {
    const std::string text = mutate(seeds[i % seeds.size()]);
    try {
      const Node node = parse_yaml(text, "r.yaml");
      const std::string written = write_yaml(node);
      ASSERT_TRUE(parse_yaml(written, "r.yaml").same_value(node)) << text << "\n---\n" << written;
      ++parsed;
    } catch (const ConfigError& error) {
      ASSERT_EQ(std::string(error.what()).substr(0, 7), "r.yaml:") << error.what();
    }
  }
  EXPECT_GT(parsed, 500);
  EXPECT_LT(parsed, 9500);
}

TEST(ReadYaml, ReadsAFileAndNamesIt) {
  const TemporaryFolder folder;
  const auto path = folder.write("r.yaml", "a: 1\n");
  const Node root = read_yaml(path);
  EXPECT_EQ(root.find("a")->mark().text(), path.string() + ":1:1");
}

TEST(ReadYaml, TellsMissingUnreadableAndLargeFilesApart) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_yaml(folder.path() / "none.yaml"), NotFoundError);
  EXPECT_THROW(read_yaml(folder.write("f", "") / "none.yaml"), NotFoundError);
  EXPECT_THROW(read_yaml(folder.path()), IoError);
  const auto large = folder.write("large.yaml", std::string((1 << 20) + 1, '\n'));
  EXPECT_THROW(read_yaml(large), ConfigError);
  EXPECT_NO_THROW(read_yaml(folder.write("full.yaml", std::string(1 << 20, '\n'))));
}

}  // namespace
}  // namespace tpretrain
