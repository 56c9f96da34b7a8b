#include "train/checkpoint/names.h"

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

TEST(StepName, GoesBothWays) {
  EXPECT_EQ(step_name(0), "step-0000000");
  EXPECT_EQ(step_name(1000), "step-0001000");
  EXPECT_EQ(step_name(123456789), "step-123456789");
  EXPECT_EQ(step_name(7, "tmp", "ab-1"), "step-0000007.tmp.ab-1");
  const auto parsed = parse_step_name("step-0000007.bad.ab-1");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->step, 7);
  EXPECT_EQ(parsed->why, "bad");
  EXPECT_EQ(parsed->run_id, "ab-1");
  for (const int64_t step : {int64_t{0}, int64_t{9999999}, int64_t{10000000}, INT64_MAX}) {
    EXPECT_EQ(parse_step_name(step_name(step))->step, step);
  }
}

TEST(StepName, NamesThatAreNeverWrittenAreNotParsed) {
  for (const char* name :
       {"", "step-", "step-1", "step-00000001", "step--000001", "step-+000001", "step-0000001 ",
        "step-0000001.", "step-0000001.tmp", "step-0000001.tmp.", "step-0000001.foo.a",
        "step-0000001.tmpx.a", "step-0000001.tmp.a/b", "step-0000001.tmp.a.b", "Step-0000001",
        "step-99999999999999999999", "step-0x00001", "astep-0000001", "step-0000001.tmp.a\n"}) {
    EXPECT_FALSE(parse_step_name(name)) << name;
  }
}

TEST(FileName, OnlyPlainNamesAreValid) {
  EXPECT_TRUE(valid_file_name("optimizer-0000.safetensors"));
  EXPECT_TRUE(valid_file_name(std::string(100, 'x')));
  for (const std::string& name :
       {std::string(), std::string("MANIFEST.json"), std::string(".x"), std::string(".."),
        std::string("a/b"), std::string("a b"), std::string("a\0b", 3), std::string(101, 'x')}) {
    EXPECT_FALSE(valid_file_name(name)) << name;
  }
}

TEST(RunId, HasNoDotsAndALimit) {
  EXPECT_TRUE(valid_run_id("0123abcdEF_-"));
  EXPECT_TRUE(valid_run_id(std::string(64, 'a')));
  for (const std::string& id :
       {std::string(), std::string("a.b"), std::string("a/b"), std::string(65, 'a')}) {
    EXPECT_FALSE(valid_run_id(id)) << id;
  }
}

}  // namespace
}  // namespace tpretrain
