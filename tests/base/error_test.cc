#include "tpretrain/base/error.h"

#include <gtest/gtest.h>

namespace tpretrain {
namespace {

TEST(Error, KeepsMessageCodeAndHint) {
  const DataError error("`ids` must be [T] int32, but is [2, 3] instead.", "run preprocess");
  EXPECT_STREQ(error.what(), "`ids` must be [T] int32, but is [2, 3] instead.");
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.hint(), "run preprocess");
}

TEST(Error, ContextsAreAppendedFromTheInside) {
  try {
    try {
      throw ShapeError("bad width");
    } catch (Error& error) {
      error.add_context("while building encoder 'transformer'");
      error.add_context("in recipe bert.yaml");
      throw;
    }
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(),
                 "bad width (while building encoder 'transformer') (in recipe bert.yaml)");
  }
}

TEST(Error, IsCaughtByTypeAndByBase) {
  EXPECT_THROW(throw ConfigError("x"), ConfigError);
  EXPECT_THROW(throw ConfigError("x"), Error);
  EXPECT_THROW(throw ConfigError("x"), std::runtime_error);
}

TEST(ExitStatus, FollowsTheTable) {
  const auto number = [](ErrorCode code) { return static_cast<int>(exit_status(code)); };
  EXPECT_EQ(number(ErrorCode::kUsage), 64);
  EXPECT_EQ(number(ErrorCode::kData), 65);
  EXPECT_EQ(number(ErrorCode::kCheckpoint), 66);
  EXPECT_EQ(number(ErrorCode::kInternal), 70);
  EXPECT_EQ(number(ErrorCode::kDevice), 70);
  EXPECT_EQ(number(ErrorCode::kOutput), 73);
  EXPECT_EQ(number(ErrorCode::kIo), 74);
  EXPECT_EQ(number(ErrorCode::kDistributed), 75);
  EXPECT_EQ(number(ErrorCode::kConfig), 78);
  EXPECT_EQ(number(ErrorCode::kNotFound), 78);
  EXPECT_EQ(number(ErrorCode::kShape), 78);
  EXPECT_EQ(number(ErrorCode::kNumerics), 79);
}

TEST(Assertion, NamesExpressionAndPlace) {
  const int one = 1;
  EXPECT_NO_THROW(TP_ASSERT(one == 1));
  try {
    TP_ASSERT(one == 2);
    FAIL() << "must throw";
  } catch (const InternalError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("one == 2"), std::string::npos);
    EXPECT_NE(message.find("error_test.cc:"), std::string::npos);
  }
}

}  // namespace
}  // namespace tpretrain
