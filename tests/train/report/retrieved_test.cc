#include "train/retrieved.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

TEST(PngDataUri, IsBase64) {
  const std::string prefix = "data:image/png;base64,";
  EXPECT_EQ(png_data_uri(""), prefix);
  EXPECT_EQ(png_data_uri("f"), prefix + "Zg==");  // RFC 4648, section 10
  EXPECT_EQ(png_data_uri("fo"), prefix + "Zm8=");
  EXPECT_EQ(png_data_uri("foo"), prefix + "Zm9v");
  EXPECT_EQ(png_data_uri("foobar"), prefix + "Zm9vYmFy");
  EXPECT_EQ(png_data_uri(std::string("\x89PNG\xFF\x00", 6)), prefix + "iVBOR/8A");
}

TEST(Retrieved, GoesToTextAndBack) {
  Retrieved result;
  result.query.image = png_data_uri("foo");
  FoundItem first;
  first.text = "\"<script>\"";
  first.score = 0.5;
  first.right = true;
  FoundItem second;
  second.text = "b";
  second.image = png_data_uri("b");
  second.score = -0.25;
  result.found = {first, second};
  const std::string text = format_retrieved({result, {}});
  const std::vector<Retrieved> read = parse_retrieved(text);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].query.image, result.query.image);
  EXPECT_EQ(read[0].query.text, "");
  ASSERT_EQ(read[0].found.size(), 2U);
  EXPECT_EQ(read[0].found[0].text, first.text);
  EXPECT_EQ(read[0].found[0].score, 0.5);
  EXPECT_TRUE(read[0].found[0].right);
  EXPECT_EQ(read[0].found[1].image, second.image);
  EXPECT_FALSE(read[0].found[1].right);
  EXPECT_EQ(format_retrieved(read), text);
}

void expect_refused(const std::string& text, const std::string& part) {
  try {
    parse_retrieved(text);
    ADD_FAILURE() << text;
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

TEST(Retrieved, RefusesPicturesThatAreNotInside) {
  for (const std::string image :
       {"http://example.com/a.png", "//example.com/a.png", "data:text/html;base64,AAAA",
        "data:image/svg+xml;base64,AAAA", "data:image/png;base64,AA\\\" onload=x"}) {
    expect_refused(R"([{"query":{"image":")" + image + R"("},"found":[]}])", "entry 0.query.image");
  }
}

TEST(Retrieved, NamesTheEntryThatIsWrong) {
  expect_refused("", "must be a list");
  expect_refused("{}", "must be a list");
  expect_refused("[1]", "entry 0 must be {query, found");
  expect_refused(R"([{"query":{"text":"a"},"found":{}}])", "entry 0 must be");
  expect_refused(R"([{"query":{},"found":[]}])", "entry 0.query must be an object with text");
  expect_refused(R"([{"query":{"text":1},"found":[]}])", "entry 0.query.text must be a string");
  expect_refused(R"([{"query":{"text":"a"},"found":[{"text":"b","score":"1","right":true}]}])",
                 "entry 0.found[0] must have a number");
  expect_refused(R"([{"query":{"text":"a"},"found":[{"text":"b","score":1}]}])",
                 "entry 0.found[0] must have a number");
}

}  // namespace
}  // namespace tpretrain
