#include "train/report/run_charts.h"

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

std::string line(int step, const std::string& split, const std::string& numbers) {
  return "{\"step\":" + std::to_string(step) + ",\"split\":\"" + split + "\"," + numbers + "}\n";
}

/// "group/title: line line" of each chart.
std::vector<std::string> outline(const std::vector<ChartGroup>& groups) {
  std::vector<std::string> out;
  for (const ChartGroup& group : groups) {
    for (const Chart& chart : group.charts) {
      out.push_back(group.title + "/" + chart.title + ":");
      for (const Line& drawn : chart.lines) {
        out.back() += " " + drawn.name;
      }
      for (const Reference& reference : chart.references) {
        out.back() += " (" + reference.name + ")";
      }
    }
  }
  return out;
}

TEST(RunCharts, OfTextHaveTargetsWithTheUnigramLevel) {
  const MetricsLog log = parse_metrics(
      line(1, "train",
           "\"loss\":3,\"loss.mlm\":2,\"loss.nsp\":1,\"accuracy.mlm\":0.5,\"lr\":1,"
           "\"grad_norm\":1,\"tokens_per_s\":10,\"samples_per_s\":1,\"data_wait\":0.1") +
      line(1, "valid", "\"loss\":3,\"loss.mlm\":2,\"loss.nsp\":1,\"tokens_per_s\":0"));
  EXPECT_EQ(
      outline(
          run_charts(log, {{"unigram", {{"loss", 4}, {"loss.mlm", 4}, {"accuracy.mlm", 0.04}}}})),
      (std::vector<std::string>{
          "Loss/all targets, weighted: train valid", "Loss/mlm: train valid (unigram)",
          "Loss/nsp: train valid", "Accuracy/mlm: train (unigram)",
          "Optimization/learning rate: train", "Optimization/gradient norm, before clipping: train",
          "Speed/tokens per second: train", "Speed/time spent waiting for data: train"}));
}

TEST(RunCharts, OfPairsHaveRecallByDirectionAndSamples) {
  const MetricsLog log = parse_metrics(
      line(1, "train", "\"loss\":3,\"loss.itc\":3,\"tokens_per_s\":0,\"samples_per_s\":9") +
      line(1, "valid",
           "\"loss.itc\":3,\"recall@10.itc.image_to_text\":0.3,\"recall@5.itc.image_to_text\":0.2,"
           "\"recall@1.itc.text_to_image\":0.1"));
  const std::vector<ChartGroup> groups =
      run_charts(log, {{"chance", {{"recall@5.itc.image_to_text", 0.01}}}});
  EXPECT_EQ(outline(groups),
            (std::vector<std::string>{
                "Loss/itc: train valid", "Recall/itc: image to text: R@5 R@10 (chance R@5)",
                "Recall/itc: text to image: R@1", "Speed/samples per second: train"}));
  const Chart& recall = groups[1].charts[0];
  EXPECT_EQ(recall.unit, Unit::kShare);
  EXPECT_TRUE(recall.from_zero);
  EXPECT_NE(recall.lines[0].ink, recall.lines[1].ink);
}

TEST(RunCharts, OfZeroShotHaveALineForEachCutoff) {
  const MetricsLog log =
      parse_metrics(line(1, "valid", "\"zero_shot@10\":0.9,\"zero_shot@1\":0.5,\"zero_shot@x\":1"));
  const std::vector<ChartGroup> groups = run_charts(log, {{"chance", {{"zero_shot@1", 0.1}}}});
  EXPECT_EQ(outline(groups),
            (std::vector<std::string>{
                "Zero-shot/accuracy by the names of the classes: top 1 top 10 (chance top 1)"}));
  EXPECT_EQ(groups[0].charts[0].unit, Unit::kShare);
  EXPECT_EQ(unit_of("zero_shot@5"), Unit::kShare);
}

TEST(RunCharts, TrainAndValidHaveTheirOwnInk) {
  const MetricsLog both =
      parse_metrics(line(1, "train", "\"loss\":3") + line(1, "valid", "\"loss\":3"));
  const Chart chart = run_charts(both, {})[0].charts[0];
  EXPECT_EQ(chart.lines[0].ink, 0);
  EXPECT_EQ(chart.lines[1].ink, 1);
  EXPECT_FALSE(chart.lines[0].marked);
  EXPECT_TRUE(chart.lines[1].marked);
  const Chart alone = run_charts(parse_metrics(line(1, "valid", "\"loss\":3")), {})[0].charts[0];
  EXPECT_EQ(alone.lines[0].ink, 1);
}

TEST(RunCharts, NamesThatAreNoRecallMakeNoChart) {
  const MetricsLog log =
      parse_metrics(line(1, "valid",
                         "\"recall@\":1,\"recall@x.a\":1,\"recall@-1.a\":1,"
                         "\"recall@5\":1,\"recall@99999999999999999999.a\":1,"
                         "\"zero_shot@\":1,\"zero_shot@0\":1,\"zero_shot@1.a\":1"));
  EXPECT_TRUE(run_charts(log, {}).empty());
}

TEST(RunCharts, OfNothingAreNone) {
  EXPECT_TRUE(run_charts({}, {}).empty());
}

TEST(NamesAfter, AreOfAllSplits) {
  const MetricsLog log =
      parse_metrics(line(1, "train", "\"loss.b\":3") + line(1, "valid", "\"loss.a\":3"));
  EXPECT_EQ(names_after(log, "loss."), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace tpretrain::report
