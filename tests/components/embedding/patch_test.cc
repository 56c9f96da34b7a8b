#include <cmath>

#include <ATen/ops/bincount.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/equal.h>

#include "tests/components/support.h"

namespace tpretrain::testing {

namespace patch_test {

/// Pictures of `side` x `side` with bytes that depend on the seed alone.
Batch picture_batch(int64_t pictures, int64_t side, uint64_t seed = 5) {
  CounterRng rng(seed, 0);
  at::Tensor pixels = at::empty({pictures, side, side, 3}, at::kByte);
  auto* out = pixels.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    out[i] = static_cast<uint8_t>(rng.below(256));
  }
  std::vector<int64_t> ordinals(static_cast<size_t>(pictures));
  for (size_t i = 0; i < ordinals.size(); ++i) {
    ordinals[i] = 7 + static_cast<int64_t>(i);
  }
  Batch batch;
  batch.set("image.pixels", pixels);
  batch.set("ordinal", at::tensor(ordinals, at::kLong));
  return batch;
}

at::Tensor embed(Embedding& embedding, const Batch& batch, Layout& layout, const Call& call = {}) {
  EmbeddingSum sum;
  embedding.add(View(batch, "image"), layout, sum, call);
  return ops::embedding_sum(sum.tables, sum.indices, sum.dense, at::Tensor(), at::Tensor(),
                            ops::NormKind::kNone, 0, {}, layout.token_key);
}

const char* kPlain = "patch: {size: 2, resolution: 4}";

}  // namespace patch_test

using patch_test::embed;
using patch_test::kPlain;
using patch_test::picture_batch;

TEST(PatchEmbedding, IsTheConvolutionOfNormalisedPixels) {
  const auto patch = build<Embedding>(
      "patch: {size: 2, resolution: 6, mean: [0.1, 0.2, 0.3], "
      "deviation: [0.5, 0.25, 1]}");
  const Batch batch = picture_batch(3, 6);
  Layout layout;
  const at::Tensor y = embed(*patch, batch, layout);
  auto p = patch->named_parameters();
  const at::Tensor mean = at::tensor(std::vector<double>{0.1, 0.2, 0.3}, at::kDouble);
  const at::Tensor deviation = at::tensor(std::vector<double>{0.5, 0.25, 1}, at::kDouble);
  const at::Tensor pixels =
      ((batch.at("image.pixels").to(at::kDouble) / 255 - mean) / deviation).permute({0, 3, 1, 2});
  const at::Tensor kernel = p["weight"].view({8, 2, 2, 3}).permute({0, 3, 1, 2});
  const at::Tensor expected =
      at::conv2d(pixels, kernel, p["bias"], /*stride=*/2).flatten(2).transpose(1, 2);
  expect_near(y.view({3, 9, 8}), expected, 1e-6);
}

TEST(PatchEmbedding, PutsClassTokenAndRegistersBeforeThePatches) {
  const auto patch =
      build<Embedding>("patch: {size: 2, resolution: 4, cls: true, registers: 2, bias: false}");
  const auto plain = build<Embedding>("patch: {size: 2, resolution: 4, bias: false}");
  auto p = patch->named_parameters();
  plain->named_parameters()["weight"].data().copy_(p["weight"]);
  const Batch batch = picture_batch(2, 4);
  Layout layout;
  Layout plain_layout;
  const at::Tensor y = embed(*patch, batch, layout).view({2, 7, 8});
  const at::Tensor patches = embed(*plain, batch, plain_layout).view({2, 4, 8});
  for (int64_t b = 0; b < 2; ++b) {
    expect_near(y[b].slice(0, 0, 1), p["cls"]);
    expect_near(y[b].slice(0, 1, 3), p["registers"]);
    expect_near(y[b].slice(0, 3), patches[b]);
  }
  EXPECT_EQ(layout.prefix, 3);
  EXPECT_EQ(layout.max_length, 7);
  EXPECT_EQ(patch->positions(), 7);
  EXPECT_TRUE(same_bits(layout.offsets, int_tensor({0, 7, 14})));
  EXPECT_EQ(layout.token_key[7].item<int64_t>(), 8LL << 22);
}

TEST(PatchEmbedding, SinCosGridHasTheColumnInItsFirstHalf) {
  const auto patch = build<Embedding>("patch: {size: 2, resolution: 4, cls: true, grid: sincos}");
  const auto plain = build<Embedding>("patch: {size: 2, resolution: 4, cls: true}");
  for (const char* name : {"weight", "bias", "cls"}) {
    plain->named_parameters()[name].data().copy_(patch->named_parameters()[name]);
  }
  const Batch batch = picture_batch(1, 4);
  Layout layout;
  Layout plain_layout;
  const at::Tensor grid = embed(*patch, batch, layout) - embed(*plain, batch, plain_layout);
  // Token 0 is the class token; token 1 + 2 * row + column a patch. Width 8: 2 rates, 1 and 0.01.
  EXPECT_EQ(grid[0].abs().max().item<double>(), 0);
  const double s1 = std::sin(1.0);
  const double c1 = std::cos(1.0);
  const double s2 = std::sin(0.01);
  const double c2 = std::cos(0.01);
  expect_near(grid[2], at::tensor(std::vector<double>{s1, s2, c1, c2, 0, 0, 1, 1}, at::kDouble));
  expect_near(grid[3], at::tensor(std::vector<double>{0, 0, 1, 1, s1, s2, c1, c2}, at::kDouble));
}

TEST(PatchEmbedding, TrainingSeesSomePatchesAtTheirPlaces) {
  const auto patch =
      build<Embedding>("patch: {size: 2, resolution: 8, cls: true, grid: sincos, keep: 0.3}");
  const Batch batch = picture_batch(6, 8);
  Layout whole;
  const at::Tensor all = embed(*patch, batch, whole).view({6, 17, 8});
  EXPECT_EQ(whole.max_length, 17) << "evaluation sees all";
  const Call call{.training = true, .key = 9};
  Layout layout;
  const at::Tensor some = embed(*patch, batch, layout, call).view({6, 6, 8});
  EXPECT_EQ(layout.max_length, 6) << "the class token and 0.3 x 16 patches, rounded";
  EXPECT_TRUE(same_bits(layout.offsets, int_tensor({0, 6, 12, 18, 24, 30, 36})));
  const at::Tensor places = layout.positions.view({6, 6}).to(at::kLong);
  for (int64_t b = 0; b < 6; ++b) {
    EXPECT_EQ(places[b][0].item<int64_t>(), 0);
    for (int64_t i = 1; i < 6; ++i) {
      EXPECT_GT(places[b][i].item<int64_t>(), places[b][i - 1].item<int64_t>());
    }
    expect_near(some[b], all[b].index_select(0, places[b]));
  }
  EXPECT_FALSE(at::equal(places[0], places[1])) << "every picture has its own draw";
  Layout again;
  embed(*patch, batch, again, call);
  EXPECT_TRUE(same_bits(layout.positions, again.positions));
}

TEST(PatchEmbedding, TrainingSeesEveryPatchEquallyOften) {
  const auto patch = build<Embedding>("patch: {size: 2, resolution: 4, keep: 0.5}");
  Layout layout;
  embed(*patch, picture_batch(4000, 4), layout, {.training = true, .key = 9});
  const at::Tensor counts = at::bincount(layout.positions, {}, 4).to(at::kDouble);
  // 2 of 4 patches: 2,000 of 4,000 pictures, standard deviation 32.
  EXPECT_LT((counts - 2000).abs().max().item<double>(), 130) << counts;
}

TEST(PatchEmbedding, GradientMatchesFiniteDifferences) {
  const auto patch = build<Embedding>("patch: {size: 2, resolution: 4, cls: true, registers: 1}");
  const Batch batch = picture_batch(2, 4);
  const auto loss = [&] {
    Layout layout;
    return weighted_sum(embed(*patch, batch, layout));
  };
  expect_gradients(loss, leaves_of(*patch));
}

TEST(PatchEmbedding, StartsLikeAConvolution) {
  const auto patch = build<Embedding>("patch: {size: 8, resolution: 8}");
  const at::Tensor weight = patch->named_parameters()["weight"];
  const double bound = 1 / std::sqrt(8.0 * 8 * 3);
  EXPECT_LE(weight.abs().max().item<double>(), bound);
  EXPECT_NEAR(weight.std().item<double>(), bound / std::sqrt(3.0), 0.03 * bound);
}

TEST(PatchEmbedding, RefusesPicturesOfAnotherSize) {
  const auto patch = build<Embedding>(kPlain);
  Layout layout;
  const Batch batch = picture_batch(1, 6);
  const std::string message = message_of<DataError>([&] { embed(*patch, batch, layout); });
  EXPECT_NE(message.find("`image.pixels` must be [B, 4, 4, 3]"), std::string::npos) << message;
  EXPECT_NE(message.find("[1, 6, 6, 3]"), std::string::npos) << message;
}

TEST(PatchEmbedding, MustBeTheFirstOfItsList) {
  const auto patch = build<Embedding>(kPlain);
  Layout layout = layout_of(text_batch({2}));
  const Batch batch = picture_batch(1, 4);
  EXPECT_NE(message_of<ConfigError>([&] { embed(*patch, batch, layout); }).find("first"),
            std::string::npos);
}

TEST(PatchEmbedding, RefusesAPatchThatDoesNotDivideThePicture) {
  EXPECT_NE(faults_of("embedding", "patch: {size: 3, resolution: 4}").find("must divide"),
            std::string::npos);
  EXPECT_NE(faults_of("embedding", "patch: {mean: [0.5]}").find("red"), std::string::npos);
}

}  // namespace tpretrain::testing
