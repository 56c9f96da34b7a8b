#include "data/items/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;

TEST(Captions, LoseBlanksAtTheirEndsAndLineBreaksInside) {
  EXPECT_EQ(clean_caption(" \t a\nb\r\n"), "a b");
  EXPECT_EQ(clean_caption(" \n "), "");
  EXPECT_EQ(clean_caption("a  b"), "a  b");
}

TEST(Captions, OfNamesAreTheirWords) {
  EXPECT_EQ(caption_of_name("red_apple-003"), "red apple");
  EXPECT_EQ(caption_of_name("__a--b  c__"), "a b c");
  EXPECT_EQ(caption_of_name("007"), "007");
  EXPECT_EQ(caption_of_name("x_12_34"), "x");
  EXPECT_EQ(caption_of_name("a_2b"), "a 2b");
  EXPECT_EQ(caption_of_name(""), "");
}

TEST(Labels, AreIntegersAlone) {
  EXPECT_EQ(parse_label(" 12\n"), 12);
  EXPECT_EQ(parse_label("-3"), -3);
  for (const char* text : {"", "1.0", "x", "1 2", "99999999999999999999"}) {
    EXPECT_EQ(parse_label(text), std::nullopt) << text;
  }
}

TEST(JsonItem, TakesTheFirstKeyThatIsThere) {
  const JsonKeys keys{{"image", "path"}, {"captions", "caption"}, {"label"}};
  const JsonItem item = read_json_item(
      R"({"path": "p", "caption": "c", "captions": ["a", " b "], "label": -1})", keys);
  EXPECT_EQ(item.image, "p");
  EXPECT_THAT(item.captions, ElementsAre("a", "b"));
  EXPECT_EQ(item.label, -1);
  EXPECT_THAT(item.keys, ElementsAre("caption", "captions", "label", "path"));
  EXPECT_FALSE(read_json_item(R"({"image": null, "label": null})", keys).image);
}

TEST(JsonItem, RefusesValuesOfAnotherKind) {
  const JsonKeys keys{{"image"}, {"caption"}, {"label"}};
  for (const char* text : {"", "[]", "{", R"({"image": 1})", R"({"caption": 1})",
                           R"({"caption": ["a", {}]})", R"({"label": 1.5})", R"({"label": "1"})",
                           R"({"label": 18446744073709551615})", "{\"caption\": \"\xFF\"}"}) {
    EXPECT_THROW(read_json_item(text, keys), DataError) << text;
  }
}

}  // namespace
}  // namespace tpretrain::data
