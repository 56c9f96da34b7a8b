#include <cmath>

#include <gtest/gtest.h>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

TEST(Faults, AreRaisedTogether) {
  Faults faults;
  EXPECT_NO_THROW(faults.raise_if_any());
  faults.add({"a.yaml", 2, 3}, "first");
  faults.add({}, "second");
  try {
    faults.raise_if_any();
    FAIL() << "must throw";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "a.yaml:2:3: first\nsecond");
  }
}

TEST(Range, ContainsItsClosedEndsOnly) {
  const Range range{.min = 0, .max = 1, .open_max = true};
  EXPECT_TRUE(range.contains(0));
  EXPECT_TRUE(range.contains(0.999));
  EXPECT_FALSE(range.contains(1));
  EXPECT_FALSE(range.contains(-1e-300));
  const Range open{.min = 0, .open_min = true};
  EXPECT_FALSE(open.contains(0));
  EXPECT_TRUE(open.contains(1e-300));
  EXPECT_TRUE(Range{}.contains(-1e308));
}

TEST(Range, NeverContainsWhatIsNotFinite) {
  EXPECT_FALSE(Range{}.contains(NAN));
  EXPECT_FALSE(Range{}.contains(INFINITY));
  EXPECT_FALSE(Range{}.contains(-INFINITY));
}

TEST(Range, TextIsAnInterval) {
  EXPECT_EQ((Range{.min = 0, .max = 1, .open_max = true}.text()), "[0, 1)");
  EXPECT_EQ((Range{.min = 0, .open_min = true}.text()), "(0, inf)");
  EXPECT_EQ((Range{.max = 0.5}.text()), "(-inf, 0.5]");
}

}  // namespace
}  // namespace tpretrain
