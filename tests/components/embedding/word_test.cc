#include "tests/components/support.h"

namespace tpretrain::testing {

TEST(WordEmbedding, AddsItsTableAndTheIdsOfTheView) {
  const auto word = build<Embedding>("word");
  const Batch batch = text_batch({5, 2});
  Layout layout;
  EmbeddingSum sum;
  word->add(View(batch, "text"), layout, sum, {});
  ASSERT_EQ(sum.tables.size(), 1U);
  EXPECT_TRUE(same_bits(sum.tables[0], word->named_parameters()["weight"]));
  EXPECT_TRUE(same_bits(sum.indices[0], batch.at("text.ids")));
  EXPECT_TRUE(sum.dense.empty());
}

TEST(WordEmbedding, LaysOutSequencesOfAnyLength) {
  const auto word = build<Embedding>("word");
  const Batch batch = text_batch({1, 3, 2}, /*first_ordinal=*/9);
  Layout layout;
  EmbeddingSum sum;
  word->add(View(batch, "text"), layout, sum, {});
  EXPECT_EQ(layout.view, "text");
  EXPECT_EQ(layout.max_length, 3);
  EXPECT_EQ(layout.prefix, 0);
  EXPECT_TRUE(same_bits(layout.positions, int_tensor({0, 0, 1, 2, 0, 1})));
  const std::vector<int64_t> keys = {9LL << 22,        10LL << 22, (10LL << 22) + 1,
                                     (10LL << 22) + 2, 11LL << 22, (11LL << 22) + 1};
  EXPECT_TRUE(same_bits(layout.token_key, at::tensor(keys, at::kLong)));
}

TEST(WordEmbedding, CountsTheTokensOfPackedSequencesThroughTheirSample) {
  const auto word = build<Embedding>("word");
  Batch batch = text_batch({2, 3});
  batch.set("text.sample", int_tensor({0, 0}));
  batch.set("ordinal", at::tensor(std::vector<int64_t>{4}, at::kLong));
  Layout layout;
  EmbeddingSum sum;
  word->add(View(batch, "text"), layout, sum, {});
  EXPECT_EQ(layout.positions[2].item<int32_t>(), 0);
  EXPECT_EQ(layout.token_key[2].item<int64_t>(), (4LL << 22) + 2);
}

TEST(WordEmbedding, LeavesAnEarlierLayoutAlone) {
  const auto word = build<Embedding>("word");
  const Batch batch = text_batch({2});
  Layout layout = layout_of(batch);
  layout.prefix = 1;
  EmbeddingSum sum;
  word->add(View(batch, "text"), layout, sum, {});
  EXPECT_EQ(layout.prefix, 1);
}

TEST(WordEmbedding, InfersItsSizesOrTakesTheStatedOnes) {
  EXPECT_EQ(parameter_list(*build<Embedding>("word")), std::vector<std::string>{"weight [11, 8]"});
  EXPECT_EQ(parameter_list(*build<Embedding>("word: {vocabulary: 5, width: 3}")),
            std::vector<std::string>{"weight [5, 3]"});
}

TEST(WordEmbedding, SpreadsItsInitialValuesAsStated) {
  const auto word = build<Embedding>("word: {vocabulary: 400, width: 50, init: 0.5}");
  const at::Tensor weight = word->named_parameters()["weight"];
  // A normal distribution cut at two deviations keeps 0.8796 of its deviation.
  EXPECT_NEAR(weight.std().item<double>(), 0.5 * 0.8796, 0.01);
  EXPECT_LE(weight.abs().max().item<double>(), 1.0);
}

TEST(WordEmbedding, GradientMatchesFiniteDifferences) {
  const auto word = build<Embedding>("word");
  const Batch batch = text_batch({5, 1, 7});
  const auto loss = [&] {
    Layout layout;
    EmbeddingSum sum;
    word->add(View(batch, "text"), layout, sum, {});
    return weighted_sum(ops::embedding_sum(sum.tables, sum.indices, sum.dense, at::Tensor(),
                                           at::Tensor(), ops::NormKind::kNone, 0, {},
                                           layout.token_key));
  };
  expect_gradients(loss, leaves_of(*word));
}

TEST(WordEmbedding, SaysWhatCanNotBeInferred) {
  BuildContext context = small_context();
  context.vocabulary = 0;
  const std::string message = message_of<ConfigError>([&] { build<Embedding>("word", context); });
  EXPECT_NE(message.find("'vocabulary'"), std::string::npos) << message;
}

TEST(WordEmbedding, NamesAMissingField) {
  const auto word = build<Embedding>("word");
  Batch batch;
  batch.set("ordinal", at::tensor(std::vector<int64_t>{0}, at::kLong));
  Layout layout;
  EmbeddingSum sum;
  const std::string message =
      message_of<DataError>([&] { word->add(View(batch, "text"), layout, sum, {}); });
  EXPECT_NE(message.find("text.offsets"), std::string::npos) << message;
}

}  // namespace tpretrain::testing
