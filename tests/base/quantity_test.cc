#include <random>

#include <gtest/gtest.h>

#include "tpretrain/base/config.h"

namespace tpretrain {
namespace {

const std::vector<std::string> kCounts = {"steps", "epochs", "tokens", "samples"};

Quantity parse(const std::string& text, const std::vector<std::string>& units) {
  std::string error;
  const auto quantity = parse_quantity(text, units, &error);
  EXPECT_TRUE(quantity) << text << ": " << error;
  return quantity.value_or(Quantity{});
}

std::string fault(const std::string& text, const std::vector<std::string>& units) {
  std::string error;
  EXPECT_FALSE(parse_quantity(text, units, &error)) << text;
  return error;
}

struct Case {
  const char* text;
  std::vector<std::string> units;
  double value;
  const char* unit;
};

TEST(ParseQuantity, ReadsCountsTimesAndSizes) {
  const std::vector<Case> cases = {{"10k steps", kCounts, 10'000, "steps"},
                                   {"1 step", kCounts, 1, "steps"},
                                   {"3 epochs", kCounts, 3, "epochs"},
                                   {"0.5 epochs", kCounts, 0.5, "epochs"},
                                   {"1epoch", kCounts, 1, "epochs"},
                                   {"2G tokens", kCounts, 2e9, "tokens"},
                                   {"1.5T tokens", kCounts, 1.5e12, "tokens"},
                                   {"1e3 steps", kCounts, 1000, "steps"},
                                   {" 256   samples ", kCounts, 256, "samples"},
                                   {"1.001k steps", kCounts, 1001, "steps"},
                                   {"7", kCounts, 7, "steps"},
                                   {"7k", kCounts, 7000, "steps"},
                                   {"30 min", {"s"}, 1800, "s"},
                                   {"1.5h", {"s"}, 5400, "s"},
                                   {"45", {"s"}, 45, "s"},
                                   {"2 hours", {"s"}, 7200, "s"},
                                   {"10 sec", {"s"}, 10, "s"},
                                   {"16 MiB", {"B"}, 16777216, "B"},
                                   {"1 GiB", {"B"}, 1073741824, "B"},
                                   {"4 kB", {"B"}, 4000, "B"},
                                   {"5M", {"B"}, 5e6, "B"},
                                   {"10 min", {"steps", "s"}, 600, "s"},
                                   {"10", {"steps", "s"}, 10, "steps"}};
  for (const Case& c : cases) {
    const Quantity quantity = parse(c.text, c.units);
    EXPECT_EQ(quantity.value, c.value) << c.text;
    EXPECT_EQ(quantity.unit, c.unit) << c.text;
  }
}

TEST(ParseQuantity, SaysWhatIsAllowed) {
  EXPECT_EQ(fault("3 parsecs", {"steps", "epochs"}), "must have one of the units steps, epochs");
  EXPECT_EQ(fault("3 min", {"steps"}), "must have one of the units steps");
  EXPECT_EQ(fault("3 steps", {"s"}), "must have one of the units s, min, h");
  EXPECT_EQ(fault("many steps", {"steps"}), "must be a number with a unit (steps)");
  EXPECT_EQ(fault("", {"B"}), "must be a number with a unit (B, KiB, MiB, GiB)");
}

TEST(ParseQuantity, RefusesBrokenNumbers) {
  for (const char* text : {"010 steps", "1e400 steps", "nan steps", ".inf steps", "k steps",
                           "1 k steps", "1kk steps", "1,000 steps", "steps", "1 2 steps", "-"}) {
    fault(text, kCounts);
  }
}

TEST(QuantityText, IsWhatPeopleWrite) {
  EXPECT_EQ(quantity_text({10'000, "steps"}), "10k steps");
  EXPECT_EQ(quantity_text({1'500, "steps"}), "1500 steps");
  EXPECT_EQ(quantity_text({1e6, "steps"}), "1M steps");
  EXPECT_EQ(quantity_text({2e9, "tokens"}), "2G tokens");
  EXPECT_EQ(quantity_text({0.5, "epochs"}), "0.5 epochs");
  EXPECT_EQ(quantity_text({0, "steps"}), "0 steps");
  EXPECT_EQ(quantity_text({1800, "s"}), "30 min");
  EXPECT_EQ(quantity_text({5400, "s"}), "90 min");
  EXPECT_EQ(quantity_text({3600, "s"}), "1 h");
  EXPECT_EQ(quantity_text({1.5, "s"}), "1.5 s");
  EXPECT_EQ(quantity_text({16777216, "B"}), "16 MiB");
  EXPECT_EQ(quantity_text({1000, "B"}), "1000 B");
}

TEST(QuantityText, ReadsBackToTheSame) {
  std::mt19937_64 random(1);
  const std::vector<std::string> units = {"steps", "tokens", "s", "B"};
  for (int i = 0; i < 5000; ++i) {
    const std::string& unit = units[random() % units.size()];
    const double whole = static_cast<double>(random() >> (11 + random() % 50));
    const double value = i % 2 == 0 ? whole : whole / 1024;
    const Quantity back = parse(quantity_text({value, unit}), units);
    ASSERT_EQ(back.value, value) << quantity_text({value, unit});
    ASSERT_EQ(back.unit, unit);
  }
}

}  // namespace
}  // namespace tpretrain
