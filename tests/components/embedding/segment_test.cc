#include "tests/components/support.h"

namespace tpretrain::testing {

TEST(SegmentEmbedding, AddsTheRowOfEachSegment) {
  const auto segment = build<Embedding>("segment");
  EXPECT_EQ(parameter_list(*segment), std::vector<std::string>{"weight [2, 8]"});
  const Batch batch = text_batch({3, 1});
  Layout layout = layout_of(batch);
  EmbeddingSum sum;
  segment->add(View(batch, "text"), layout, sum, {});
  EXPECT_TRUE(same_bits(sum.indices.at(0), int_tensor({0, 0, 1, 0})));
  EXPECT_TRUE(same_bits(sum.tables.at(0), segment->named_parameters()["weight"]));
}

TEST(SegmentEmbedding, HasAsManyRowsAsTypes) {
  EXPECT_EQ(parameter_list(*build<Embedding>("segment: {types: 5}")),
            std::vector<std::string>{"weight [5, 8]"});
}

TEST(SegmentEmbedding, GradientMatchesFiniteDifferences) {
  const auto segment = build<Embedding>("segment");
  const Batch batch = text_batch({1, 7, 5});
  const auto loss = [&] {
    Layout layout = layout_of(batch);
    EmbeddingSum sum;
    segment->add(View(batch, "text"), layout, sum, {});
    return weighted_sum(ops::embedding_sum(sum.tables, sum.indices, sum.dense, at::Tensor(),
                                           at::Tensor(), ops::NormKind::kNone, 0, {},
                                           layout.token_key));
  };
  expect_gradients(loss, leaves_of(*segment));
}

TEST(SegmentEmbedding, CanNotBeTheFirstOfAList) {
  const auto segment = build<Embedding>("segment");
  const Batch batch = text_batch({3});
  Layout layout;
  EmbeddingSum sum;
  const std::string message =
      message_of<ConfigError>([&] { segment->add(View(batch, "text"), layout, sum, {}); });
  EXPECT_NE(message.find("put 'word' before it"), std::string::npos) << message;
}

TEST(SegmentEmbedding, RefusesNoTypes) {
  const std::string faults = faults_of("embedding", "segment: {types: 0}");
  EXPECT_NE(faults.find("types"), std::string::npos) << faults;
}

}  // namespace tpretrain::testing
