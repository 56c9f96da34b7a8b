#include "train/report/page.h"

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kHostile = "</title><script src=http://example.com/x.js></script>";

/// Every text that a run can bring holds markup.
RunFiles hostile_run() {
  RunFiles files;
  files.name = kHostile;
  const std::string name(kHostile);
  files.metrics = parse_metrics("{\"step\":1,\"split\":\"" + name + "\",\"loss\":1,\"loss." + name +
                                "\":1,\"accuracy." + name + "\":1,\"recall@1." + name + "\":1}\n");
  files.baselines = {{kHostile, {{"loss." + name, 1}}}};
  files.checkpoints = {1};
  files.program = kHostile;
  files.problems = {kHostile};
  Retrieved result;
  result.query.text = kHostile;
  FoundItem found;
  found.text = kHostile;
  result.found = {found};
  files.retrieved = {result};
  return files;
}

TEST(Page, LetsNoTextOfTheRunBecomeMarkup) {
  const std::string text = page(hostile_run(), {{{kHostile, kHostile}}, kHostile});
  EXPECT_FALSE(has(text, "<script"));
  EXPECT_FALSE(has(text, kHostile));
}

TEST(Page, LoadsNothing) {
  const std::string text = page(hostile_run(), {});
  EXPECT_TRUE(has(text, "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;"));
  for (const char* part : {"<link", "@import", "url(", " src=\"http", " href=", "<iframe"}) {
    EXPECT_FALSE(has(text, part)) << part;
  }
}

TEST(Page, SaysNameStepAndWhatIsMissing) {
  RunFiles files;
  files.name = "small";
  files.metrics.last_step = 1200;
  const std::string text = page(files, {{}, "There is no recipe."});
  EXPECT_TRUE(has(text, "<title>small: step 1,200</title>"));
  EXPECT_TRUE(has(text, "No step was logged yet."));
  EXPECT_TRUE(has(text, "There is no recipe."));
  EXPECT_FALSE(has(text, "<table"));
  EXPECT_FALSE(has(text, "Retrieved"));
}

TEST(Page, SetsDefaultsApartInTheRecipe) {
  const std::string text =
      page(RunFiles{}, {{{"seed: 1", "default"}, {"name: a", "recipe.yaml:1:1"}}, ""});
  EXPECT_TRUE(has(text, "<tr class=\"default\"><td>seed: 1</td><td>default</td></tr>"));
  EXPECT_TRUE(has(text, "<tr><td>name: a</td><td>recipe.yaml:1:1</td></tr>"));
}

TEST(Page, HasTheSameBytesTwice) {
  EXPECT_EQ(page(hostile_run(), {}), page(hostile_run(), {}));
}

}  // namespace
}  // namespace tpretrain::report
