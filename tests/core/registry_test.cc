#include "tpretrain/core/registry.h"

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::add_plain;
using testing::error_of;

struct Shape {
  static constexpr const char* kKind = "shape";

  struct Context {
    int64_t scale = 1;
  };

  int64_t size = 0;
};

struct SquareConfig {
  int64_t side = 2;

  void describe(ConfigVisitor& v) { v.field("side", side, "Length.", {.min = 1, .max = 9}); }
};

struct Square : Shape {
  Square(const SquareConfig& config, const Context& context) { size = config.side * context.scale; }
};

Registry shapes() {
  Registry registry;
  registry.add<Shape, Square, SquareConfig>(
      {.name = "square", .summary = "Four sides.", .paper = "", .reads = {}, .ops = {}});
  add_plain<Tokenizer>(registry, "words");
  add_plain<Source>(registry, "memory");
  add_plain<Source>(registry, "disk");
  return registry;
}

Choice chosen(const std::string& text) {
  Faults faults;
  return read_choice(testing::yaml(text), "shape", faults);
}

TEST(Registry, BuildsTheChosenEntryFromConfigAndContext) {
  const auto made = shapes().make<Shape>(chosen("square: {side: 3}"), {.scale = 5});
  EXPECT_EQ(made->size, 15);
}

TEST(Registry, AWrongConfigIsNeverBuilt) {
  const std::string error =
      error_of<ConfigError>([] { shapes().make<Shape>(chosen("square: {side: 10}"), {}); });
  EXPECT_HAS(error, "[1, 9]");
}

TEST(Registry, AnUnknownNameGetsTheNearest) {
  const std::string error =
      error_of<ConfigError>([] { shapes().make<Shape>(chosen("sqare: {}"), {}); });
  EXPECT_EQ(error, "test.yaml:1:1: unknown shape 'sqare'; did you mean 'square'?");
  EXPECT_HAS(error_of<ConfigError>([] { shapes().require("circle", chosen("round: {}")); }),
             "unknown circle 'round': no circle is registered");
}

TEST(Registry, ASecondEntryOfOneNameIsADefect) {
  Registry registry = shapes();
  EXPECT_HAS(error_of<InternalError>([&] { add_plain<Tokenizer>(registry, "words"); }),
             "registry: tokenizer 'words' is registered twice");
  add_plain<Schedule>(registry, "words");  // another kind
}

TEST(Registry, EntriesAreSortedByKindThenName) {
  std::vector<std::string> order;
  const Registry registry = shapes();
  for (const Registry::Entry& entry : registry.entries()) {
    order.push_back(entry.kind + "." + entry.info.name);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"shape.square", "source.disk", "source.memory",
                                             "tokenizer.words"}));
  EXPECT_EQ(registry.names("source"), (std::vector<std::string>{"disk", "memory"}));
  EXPECT_EQ(registry.find("source", "words"), nullptr);
}

TEST(Registry, CheckReportsWithoutBuilding) {
  Faults faults;
  const Registry registry = shapes();
  registry.check("shape", chosen("square: {side: 0}"), "model.shape", faults);
  registry.check("shape", chosen("squire"), "model.shape", faults);
  registry.check("shape", Choice(), "model.shape", faults);
  ASSERT_EQ(faults.lines().size(), 2U);
  EXPECT_HAS(faults.lines()[0], "'model.shape.square.side'");
  EXPECT_HAS(faults.lines()[1], "did you mean 'square'? (at 'model.shape')");
}

TEST(Registry, CompleteWritesEveryField) {
  const Registry registry = shapes();
  const Registry::Entry& entry = *registry.find("shape", "square");
  EXPECT_EQ(entry.complete(Node()).find("side")->text(), "2");
  ASSERT_EQ(entry.fields().size(), 1U);
  EXPECT_EQ(entry.fields()[0].name, "side");
}

}  // namespace
}  // namespace tpretrain
