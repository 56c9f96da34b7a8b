#include "tests/components/support.h"

namespace tpretrain::testing {

namespace position_test {

at::Tensor embed(Embedding& embedding, const Batch& batch, at::ScalarType dtype = at::kDouble) {
  Layout layout = layout_of(batch);
  EmbeddingSum sum;
  sum.add(at::zeros({11, 8}, dtype), batch.at("text.ids"));
  embedding.add(View(batch, "text"), layout, sum, {});
  return ops::embedding_sum(sum.tables, sum.indices, sum.dense, at::Tensor(), at::Tensor(),
                            ops::NormKind::kNone, 0, {}, layout.token_key);
}

BuildContext longest(int64_t positions) {
  BuildContext context = small_context();
  context.positions = positions;
  return context;
}

}  // namespace position_test

TEST(PositionEmbedding, RestartsInEverySequence) {
  const auto position = build<Embedding>("position");
  EXPECT_EQ(parameter_list(*position), std::vector<std::string>{"weight [16, 8]"});
  const at::Tensor weight = position->named_parameters()["weight"];
  const at::Tensor x = position_test::embed(*position, text_batch({2, 1, 3}));
  const std::vector<int64_t> rows = {0, 1, 0, 0, 1, 2};
  for (size_t token = 0; token < rows.size(); ++token) {
    expect_near(x[static_cast<int64_t>(token)], weight[rows[token]], 0);
  }
}

TEST(PositionEmbedding, OffsetSkipsTheFirstRows) {
  const auto position =
      build<Embedding>("position: {max: 4, offset: 2}", position_test::longest(4));
  const at::Tensor weight = position->named_parameters()["weight"];
  ASSERT_EQ(weight.size(0), 6);
  const at::Tensor x = position_test::embed(*position, text_batch({4}));
  expect_near(x, weight.slice(0, 2), 0);
}

TEST(PositionEmbedding, SinusoidsAreInterleavedSinesAndCosines) {
  const auto position = build<Embedding>("position: {kind: sinusoidal}");
  EXPECT_TRUE(position->named_parameters().is_empty());
  EXPECT_TRUE(position->named_buffers().is_empty());
  const at::Tensor x = position_test::embed(*position, text_batch({3}));
  // Width 8: rates 1, 0.1, 0.01, 0.001.
  EXPECT_DOUBLE_EQ(x[0][0].item<double>(), 0.0);
  EXPECT_DOUBLE_EQ(x[0][1].item<double>(), 1.0);
  EXPECT_NEAR(x[2][0].item<double>(), 0.9092974268, 1e-10);
  EXPECT_NEAR(x[2][1].item<double>(), -0.4161468365, 1e-10);
  EXPECT_NEAR(x[2][2].item<double>(), 0.1986693308, 1e-10);
  EXPECT_NEAR(x[2][7].item<double>(), 0.9999980000, 1e-10);
}

TEST(PositionEmbedding, SinusoidsTakeTheTypeOfTheOtherTables) {
  const auto position = build<Embedding>("position: {kind: sinusoidal}");
  const at::Tensor narrow = position_test::embed(*position, text_batch({5}), at::kFloat);
  const at::Tensor wide = position_test::embed(*position, text_batch({5}), at::kDouble);
  EXPECT_EQ(narrow.scalar_type(), at::kFloat);
  EXPECT_NEAR(wide[4][0].item<double>(), std::sin(4.0), 1e-15);
}

TEST(PositionEmbedding, GradientMatchesFiniteDifferences) {
  const auto position = build<Embedding>("position: {max: 7}", position_test::longest(7));
  const Batch batch = text_batch({5, 1, 7});
  expect_gradients([&] { return weighted_sum(position_test::embed(*position, batch)); },
                   leaves_of(*position));
}

TEST(PositionEmbedding, NamesMaxWhenASequenceIsLonger) {
  const auto position = build<Embedding>("position: {max: 4}", position_test::longest(4));
  const std::string message = message_of<DataError>([&] {
    position_test::embed(*position, text_batch({2, 5}));
  });
  EXPECT_NE(message.find("5 tokens"), std::string::npos) << message;
  EXPECT_NE(message.find("`max` = 4"), std::string::npos) << message;
}

TEST(PositionEmbedding, NamesMaxWhenTheDataMayBeLonger) {
  const std::string message = message_of<ConfigError>(
      [&] { build<Embedding>("position: {max: 4}", position_test::longest(5)); });
  EXPECT_NE(message.find("`max` = 4, but the data give sequences of up to 5 tokens"),
            std::string::npos)
      << message;
}

TEST(PositionEmbedding, NeedsAKnownLength) {
  BuildContext context = small_context();
  context.positions = 0;
  const std::string message =
      message_of<ConfigError>([&] { build<Embedding>("position", context); });
  EXPECT_NE(message.find("'max'"), std::string::npos) << message;
}

TEST(PositionEmbedding, CanNotBeTheFirstOfAList) {
  const auto position = build<Embedding>("position");
  const Batch batch = text_batch({3});
  Layout layout;
  EmbeddingSum sum;
  EXPECT_NE(message_of<ConfigError>([&] {
              position->add(View(batch, "text"), layout, sum, {});
            }).find("put 'word' before it"),
            std::string::npos);
}

TEST(PositionEmbedding, RefusesAnUnknownKind) {
  const std::string faults = faults_of("embedding", "position: {kind: learnt}");
  EXPECT_NE(faults.find("learned"), std::string::npos) << faults;
}

}  // namespace tpretrain::testing
