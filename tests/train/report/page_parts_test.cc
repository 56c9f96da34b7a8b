#include "train/report/page_parts.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tpretrain::report {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TotalSeconds, AddsTheProcessesOfARun) {
  EXPECT_EQ(total_seconds({}), 0);
  EXPECT_EQ(total_seconds({{1, 10}, {2, 20}}), 20);
  EXPECT_EQ(total_seconds({{1, 10}, {2, 20}, {3, 5}, {4, 15}}), 35) << "resumed after step 2";
  EXPECT_EQ(total_seconds({{1, 10}, {2, std::nan("")}}), 10);
}

TEST(Median, LeavesOutWhatIsNotFinite) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({{1, 5}, {2, std::nan("")}, {3, 100}, {4, 7}}), 7);
  EXPECT_EQ(median({{1, 8}, {2, 4}, {3, 6}, {4, 2}}), 4);
}

TEST(Facts, SayWhatTheLastLineAndTheCheckpointsKnow) {
  RunFiles files;
  files.metrics = parse_metrics(
      "{\"step\":1200,\"split\":\"train\",\"samples\":76800,\"tokens\":0,\"samples_per_s\":522.08,"
      "\"tokens_per_s\":0,\"memory_bytes\":1048576,\"seconds\":3700}\n");
  files.checkpoints = {1, 2, 3, 4, 5, 1000, 1200};
  files.committed = 1200;
  const std::string text = facts(files);
  EXPECT_TRUE(has(text, "<dt>samples</dt><dd>76,800</dd>"));
  EXPECT_TRUE(has(text, "<dd>1h 01m</dd>"));
  EXPECT_TRUE(has(text, "<dt>samples/s, median</dt><dd>522</dd>"));
  EXPECT_TRUE(has(text, "<dd>1.0 MiB</dd>"));
  EXPECT_TRUE(has(text, "<dd>... 2, 3, 4, 5, 1,000, 1,200</dd>"));
  EXPECT_FALSE(has(text, "tokens"));
  EXPECT_EQ(facts(RunFiles{}), "");
}

TEST(ResultTable, HasTheLastNumbersOfEachSplitAndBaseline) {
  RunFiles files;
  files.metrics = parse_metrics(
      "{\"step\":10,\"split\":\"train\",\"loss\":7,\"loss.mlm\":6,\"accuracy.mlm\":0.1}\n"
      "{\"step\":20,\"split\":\"train\",\"loss\":6,\"loss.mlm\":null,\"accuracy.mlm\":0.2}\n"
      "{\"step\":10,\"split\":\"valid\",\"loss\":6.5,\"recall@10.c.a_to_b\":0.5,"
      "\"recall@5.c.a_to_b\":0.25,\"zero_shot@10\":0.75,\"zero_shot@5\":0.5}\n");
  files.baselines = {{"unigram", {{"loss", 9}, {"loss.mlm", 6.77}}}};
  const std::string text = result_table(files);
  EXPECT_TRUE(has(text, "<th>train, step 20</th><th>valid, step 10</th><th>unigram</th>")) << text;
  EXPECT_TRUE(has(text, "<th>loss</th><td>6.0000</td><td>6.5000</td><td></td>"));
  EXPECT_TRUE(has(text, "<th>loss.<wbr>mlm</th><td>not finite</td><td></td><td>6.7700</td>"));
  EXPECT_TRUE(has(text, "<th>accuracy.<wbr>mlm</th><td>20.0%</td><td></td><td></td>"));
  EXPECT_LT(text.find("recall@5.<wbr>c.<wbr>a_to_b<"), text.find("recall@10."));
  EXPECT_TRUE(has(text,
                  "<th>zero_shot@5</th><td></td><td>50.0%</td><td></td></tr>\n"
                  "<tr><th>zero_shot@10</th><td></td><td>75.0%</td>"))
      << text;
  EXPECT_EQ(result_table(RunFiles{}), "");
}

TEST(Figure, NamesItsLinesWithTheirLastValues) {
  Chart chart;
  chart.title = "<mlm>";
  chart.lines = {{"train", {{1, 2}, {2, 1.5}}, 0, false}};
  chart.references = {{"unigram", 6.7748}};
  const std::string text = figure(chart);
  EXPECT_TRUE(has(text, "<b>&lt;mlm&gt;</b>"));
  EXPECT_TRUE(has(text, "<i class=\"c0\"></i>train 1.5000</span>"));
  EXPECT_TRUE(has(text, "<i class=\"reference\"></i>unigram 6.7748</span>"));
}

TEST(RetrievedSection, ShowsPicturesAndEscapesCaptions) {
  Retrieved result;
  result.query = {"<script>alert(1)</script>", ""};
  FoundItem right;
  right.image = "data:image/png;base64,AAAA";
  right.score = 0.51234;
  right.right = true;
  FoundItem wrong;
  wrong.text = "a dog";
  result.found = {right, wrong};
  const std::string text = retrieved_section({result});
  EXPECT_FALSE(has(text, "<script"));
  EXPECT_TRUE(has(text, "&lt;script&gt;"));
  EXPECT_TRUE(has(text, "<img src=\"data:image/png;base64,AAAA\" alt=\"\"><b>0.512 right</b>"));
  EXPECT_TRUE(has(text, "item wrong\"><b>0.000 wrong</b>a dog"));
  EXPECT_EQ(retrieved_section({}), "");
}

TEST(RetrievedSection, CutsLongCaptionsBetweenCharacters) {
  Retrieved result;
  result.query.text = std::string(299, 'a') + "\xC3\xA9" + std::string(1'000'000, 'b');
  const std::string text = retrieved_section({result});
  EXPECT_TRUE(has(text, std::string(299, 'a') + "...</div>"));
  EXPECT_LT(text.size(), 1000U);
}

TEST(RetrievedSection, SaysHowManyQueriesItLeavesOut) {
  const std::string text = retrieved_section(std::vector<Retrieved>(61));
  EXPECT_TRUE(has(text, "The first 60 of 61 queries."));
}

}  // namespace
}  // namespace tpretrain::report
