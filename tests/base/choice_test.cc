#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/config.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

using testing::ElementsAre;

Choice read(const std::string& yaml, Faults& faults) {
  return read_choice(*parse_yaml("c: " + yaml, "r.yaml").find("c"), "model.encoder", faults);
}

TEST(ReadChoice, TakesABareNameOrAMapOfOneName) {
  Faults faults;
  EXPECT_EQ(read("transformer", faults).name, "transformer");
  EXPECT_TRUE(read("transformer", faults).config.is_null());
  EXPECT_EQ(read("{transformer: }", faults).name, "transformer");
  const Choice full = read("{transformer: {layers: 2}}", faults);
  EXPECT_EQ(full.name, "transformer");
  EXPECT_EQ(full.config.find("layers")->text(), "2");
  EXPECT_EQ(full.mark.text(), "r.yaml:1:1");
  EXPECT_TRUE(faults.empty());
}

TEST(ReadChoice, RefusesEverythingElse) {
  Faults faults;
  for (const char* yaml : {"[a]", "{a: {}, b: {}}", "{}", "{a: 3}", "''"}) {
    EXPECT_FALSE(read(yaml, faults)) << yaml;
  }
  EXPECT_THAT(
      faults.lines(),
      ElementsAre(
          "r.yaml:1:1: 'model.encoder' must be a name or a map of one name ({name: {...}}), "
          "but is a list",
          "r.yaml:1:1: 'model.encoder' must be a name or a map of one name ({name: {...}}), "
          "but is a map of 2 names",
          "r.yaml:1:1: 'model.encoder' must be a name or a map of one name ({name: {...}}), "
          "but is a map of 0 names",
          "r.yaml:1:5: 'model.encoder.a' must be a map, but is '3'",
          "r.yaml:1:1: 'model.encoder' must be a name or a map of one name ({name: {...}}), "
          "but is the string ''"));
}

TEST(WriteChoice, IsTheShortestFormThatReadsBack) {
  Faults faults;
  for (const char* yaml : {"a", "{a: {}}", "{a: {b: {c: 1}}}"}) {
    const Choice choice = read(yaml, faults);
    const Choice back = read_choice(write_choice(choice), "", faults);
    EXPECT_EQ(back.name, choice.name);
    EXPECT_EQ(back.config.entries().size(), choice.config.entries().size());
  }
  EXPECT_TRUE(write_choice(read("{a: {}}", faults)).is_scalar());
  EXPECT_TRUE(write_choice({}).is_null());
}

}  // namespace
}  // namespace tpretrain
