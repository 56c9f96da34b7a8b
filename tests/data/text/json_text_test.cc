#include "data/text/json_text.h"

#include <gtest/gtest.h>

namespace tpretrain::text {
namespace {

using Status = JsonText::Status;

TEST(JsonText, FindsTheStringUnderTheKeyOfTheTopObject) {
  const JsonText json = read_json_text(
      R"({"id": 1, "meta": {"text": "inner"}, "text": "a\n\u4e2d", "z": [1, {}]})", "text");
  EXPECT_EQ(json.status, Status::kText);
  EXPECT_EQ(json.text, "a\n\xE4\xB8\xAD");
}

TEST(JsonText, AKeyOfAnInnerObjectDoesNotReplaceTheText) {
  EXPECT_EQ(read_json_text(R"({"text": "top", "meta": {"text": "inner"}})", "text").text, "top");
}

TEST(JsonText, AnObjectWithoutTheKeyNamesItsKeys) {
  const JsonText json = read_json_text(R"({"body": "x", "meta": {"text": "inner"}})", "text");
  EXPECT_EQ(json.status, Status::kNoKey);
  EXPECT_EQ(json.keys, (std::vector<std::string>{"body", "meta"}));
}

TEST(JsonText, AValueThatIsNoStringDoesNotCount) {
  EXPECT_EQ(read_json_text(R"({"text": 5})", "text").status, Status::kNoKey);
  EXPECT_EQ(read_json_text(R"({"text": ["a"]})", "text").status, Status::kNoKey);
  EXPECT_EQ(read_json_text(R"({"text": null})", "text").status, Status::kNoKey);
}

TEST(JsonText, WhatIsNoObjectIsRefused) {
  for (const char* line :
       {"", "plain text", "\"text\"", "5", "[{\"text\": \"a\"}]", "{\"text\": \"a\"",
        "{\"text\": \"a\"} trailing", "{'text': 'a'}", "{\"text\": \"\\ud800\"}"}) {
    EXPECT_EQ(read_json_text(line, "text").status, Status::kNoObject) << line;
  }
}

TEST(JsonText, DeepNestingIsHarmless) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(read_json_text("{\"a\": " + deep, "text").status, Status::kNoObject);
  const std::string closed = deep + std::string(100'000, ']');
  EXPECT_EQ(read_json_text("{\"a\": " + closed + ", \"text\": \"t\"}", "text").text, "t");
}

}  // namespace
}  // namespace tpretrain::text
