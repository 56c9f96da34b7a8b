#include "train/retrieval.h"

#include <limits>

#include <ATen/ops/tensor.h>

#include "tests/train/support.h"

namespace tpretrain {
namespace {

std::map<int64_t, int64_t> hits_of(const at::Tensor& similarity, const std::vector<int64_t>& groups,
                                   int64_t first_row = 0) {
  std::map<int64_t, int64_t> hits = {{1, 0}, {2, 0}, {3, 0}};
  const std::vector<int64_t> rows(groups.begin() + first_row,
                                  groups.begin() + first_row + similarity.size(0));
  count_hits(similarity, rows, groups, hits);
  return hits;
}

at::Tensor matrix(const std::vector<float>& values, int64_t columns) {
  return at::tensor(values).view({-1, columns});
}

using Hits = std::map<int64_t, int64_t>;

TEST(CountHits, CountsTheRankOfTheOwnColumn) {
  const at::Tensor similarity = matrix({.9F, .1F, .2F,   // rank 0
                                        .8F, .5F, .1F,   // rank 1
                                        .3F, .2F, .1F},  // rank 2
                                       3);
  EXPECT_EQ(hits_of(similarity, {0, 1, 2}), (Hits{{1, 1}, {2, 2}, {3, 3}}));
}

TEST(CountHits, AnyColumnOfTheGroupCounts) {
  EXPECT_EQ(hits_of(matrix({.1F, .2F, .9F}, 3), {7, 3, 7}), (Hits{{1, 1}, {2, 1}, {3, 1}}));
}

TEST(CountHits, EqualValuesCountInTheirOrder) {
  const at::Tensor flat = matrix({.5F, .5F, .5F, .5F, .5F, .5F, .5F, .5F, .5F}, 3);
  EXPECT_EQ(hits_of(flat, {0, 1, 2}), (Hits{{1, 1}, {2, 2}, {3, 3}}))
      << "a collapsed model must not score";
}

TEST(CountHits, WhatIsNotANumberFindsNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(hits_of(matrix({nan, nan}, 2), {0, 1}), (Hits{{1, 0}, {2, 0}, {3, 0}}));
}

TEST(CountHits, RowsMayBeOfFewerKindsThanColumns) {
  EXPECT_EQ(hits_of(matrix({.1F, .9F, .2F}, 3), {0, 1, 2}, 1), (Hits{{1, 1}, {2, 1}, {3, 1}}));
}

/// Two towers over the same ids: without training, equal texts are found.
std::shared_ptr<Model> twins(const std::string& pool, const std::string& target) {
  const std::string tower =
      "{view: text, embedding: [word, {position: {max: 32}}], encoder: {transformer: {layers: 1, "
      "hidden: 32, heads: 2, ffn: 64}}, " +
      pool + "project: 16}";
  const std::string text = "{towers: {a: " + tower + ", b: " + tower +
                           "}, share: {b.embedding: "
                           "a.embedding, b.encoder: a.encoder, b.project: a.project}, target: {" +
                           target + ": {between: [a, b]}}}";
  Faults faults;
  const ModelSpec spec = read_model_spec(expand_model(parse_yaml(text, "test.yaml"), faults),
                                         testing::whole_registry(), faults);
  faults.raise_if_any();
  const ModelContext context{.seed = 5, .vocabulary = 11, .positions = {{"text", 32}}};
  return std::make_shared<Model>(spec, context, testing::whole_registry());
}

void expect_found(Model& model, const std::string& target) {
  const auto batches = [](const std::function<void(const Batch&)>& use) {
    use(testing::text_batch({9, 14, 5}, 0));
    use(testing::text_batch({7, 11}, 3));
  };
  const LossReport report = evaluate_model(model, 1, batches);
  const std::vector<Recall>& recalls = report.recall.at(target);
  ASSERT_EQ(recalls.size(), 2U);
  EXPECT_EQ(recalls[0].from, "a");
  EXPECT_EQ(recalls[0].to, "b");
  EXPECT_EQ(recalls[1].from, "b");
  for (const Recall& recall : recalls) {
    EXPECT_EQ(recall.samples, 5);
    EXPECT_EQ(recall.at.at(1), 1.0) << "a text and its twin are the same";
    EXPECT_EQ(recall.at.at(10), 1.0);
  }
}

TEST(Retrieval, FindsTheTwinAmongAllBatches) {
  expect_found(*twins("pool: cls, ", "contrastive"), "contrastive");
}

TEST(Retrieval, ComparesTokenFeaturesWhereTheTargetDoes) {
  expect_found(*twins("", "late_interaction"), "late_interaction");
}

TEST(Retrieval, IsEmptyWithoutAContrastiveTarget) {
  const LossReport report = evaluate_model(
      *testing::tiny_bert(), 1, [](const auto& use) { use(testing::bert_batch({4}, 0)); });
  EXPECT_TRUE(report.recall.empty());
}

}  // namespace
}  // namespace tpretrain
