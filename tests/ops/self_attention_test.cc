#include "ops/op_test.h"

namespace tpretrain::ops::self_attention_test {

Tensor offsets_of(const std::vector<int64_t>& lengths) {
  Tensor offsets = at::zeros({static_cast<int64_t>(lengths.size()) + 1}, at::kInt);
  for (size_t i = 0; i < lengths.size(); ++i) {
    offsets[static_cast<int64_t>(i) + 1] = offsets[static_cast<int64_t>(i)] + lengths[i];
  }
  return offsets;
}

int64_t total(const std::vector<int64_t>& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
}

struct Case {
  std::vector<int64_t> lengths;
  AttentionOptions options;
  int64_t first_key = 0;  ///< k of token 0
};

Tensor keys_of(const Case& c) {
  return token_keys(total(c.lengths), 5, c.first_key);
}

std::function<Tensors(const Tensors&)> op(const Case& c) {
  return [c](const Tensors& in) {
    return Tensors{self_attention(in[0], offsets_of(c.lengths), 1000, c.options, keys_of(c))};
  };
}

/// Sequence by sequence, with ATen; the mask of dropout from base/rng.h.
std::function<Tensors(const Tensors&)> reference(const Case& c) {
  return [c](const Tensors& in) {
    const int64_t heads = c.options.heads;
    const int64_t width = in[0].size(1) / (3 * heads);
    const double scale = c.options.scale == 0 ? 1 / std::sqrt(width) : c.options.scale;
    const Tensor keys = keys_of(c);
    Tensors outputs;
    int64_t first = 0;
    for (const int64_t length : c.lengths) {
      const Tensor part = in[0]
                              .slice(0, first, first + length)
                              .reshape({length, 3, heads, width})
                              .permute({1, 2, 0, 3});
      Tensor scores = at::matmul(part[0], part[1].transpose(1, 2)) * scale;
      if (c.options.causal) {
        scores = scores.masked_fill(at::ones({length, length}, at::kBool).triu(1),
                                    -std::numeric_limits<double>::infinity());
      }
      Tensor probabilities = length == 0 ? scores : at::softmax(scores, -1);
      if (c.options.dropout.p > 0 && length > 0) {
        Tensor mask = at::empty({heads, length, length}, in[0].options());
        for (int64_t h = 0; h < heads; ++h) {
          // element = head << 22 | k of the key: draw from the start of that head's run.
          for (int64_t q = 0; q < length; ++q) {
            for (int64_t j = 0; j < length; ++j) {
              const int64_t element = h << 22 | (keys[first + j].item<int64_t>() & 0x3FFFFF);
              const auto token = static_cast<uint64_t>(keys[first + q].item<int64_t>());
              const Counter words = philox(
                  {static_cast<uint32_t>(element / 4), static_cast<uint32_t>(token & 0x3FFFFF),
                   static_cast<uint32_t>(token >> 22), static_cast<uint32_t>(token >> 54)},
                  static_cast<uint64_t>(c.options.dropout.key));
              const double p = c.options.dropout.p;
              mask[h][q][j] = unit_float(words[element % 4]) >= p ? 1 / (1 - p) : 0;
            }
          }
        }
        probabilities = probabilities * mask;
      }
      outputs.push_back(
          at::matmul(probabilities, part[2]).transpose(0, 1).reshape({length, heads * width}));
      first += length;
    }
    return Tensors{at::cat(outputs)};
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const bool causal : {false, true}) {
    cases.push_back({{1}, {1, causal, 0, {}}});
    cases.push_back({{5, 123, 7, 0, 1}, {3, causal, 0, {}}});
    cases.push_back({{300, 129}, {2, causal, 0.7, {}}});
    cases.push_back({{5, 1, 0, 18}, {2, causal, 0, {0.3, -99}}, 3});
  }
  return cases;
}

TEST(SelfAttention, MatchesHandComputedValues) {
  // One head of width 1: queries (1, 0), keys (ln 3, 0), values (8, 4), scale 1.
  const float ln3 = std::log(3.0F);
  const Tensor qkv = at::tensor({1.0F, ln3, 8.0F, 0.0F, 0.0F, 4.0F}).reshape({2, 3});
  const Tensor offsets = offsets_of({2});
  AttentionOptions options{1, false, 1, {}};
  expect_close(self_attention(qkv, offsets, 2, options, {}),
               at::tensor({7.0F, 6.0F}).reshape({2, 1}), 1e-6);
  options.causal = true;
  expect_close(self_attention(qkv, offsets, 2, options, {}),
               at::tensor({8.0F, 6.0F}).reshape({2, 1}), 1e-6);
}

TEST(SelfAttention, EqualsTheDefinition) {
  for (const Case& c : all_cases()) {
    for (const auto dtype : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(testing::PrintToString(c.lengths) + (c.options.causal ? " causal" : ""));
      const Tensor qkv = random_tensor({total(c.lengths), 3 * c.options.heads * 5}, 1, dtype);
      expect_same_function(op(c), reference(c), {qkv}, dtype == at::kFloat ? 2e-5 : 0);
    }
  }
}

TEST(SelfAttention, GradientsMatchFiniteDifferences) {
  for (const Case& c : all_cases()) {
    if (total(c.lengths) < 50) {
      expect_finite_differences(
          op(c), {random_tensor({total(c.lengths), 3 * c.options.heads * 3}, 1, at::kDouble)});
    }
  }
}

TEST(SelfAttention, KeepsSequencesApart) {
  const Case c{{4, 6}, {2, false, 0, {}}};
  const Tensor qkv = random_tensor({10, 24}, 1);
  Tensor other = qkv.clone();
  other.slice(0, 4, 10) += 1;
  const Tensor a = op(c)({qkv})[0];
  const Tensor b = op(c)({other})[0];
  EXPECT_TRUE(same_bits(a.slice(0, 0, 4), b.slice(0, 0, 4)));
  EXPECT_FALSE(at::equal(a.slice(0, 4, 10), b.slice(0, 4, 10)));
}

TEST(SelfAttention, CausalTokensDoNotSeeLaterOnes) {
  const Case c{{200}, {1, true, 0, {}}};
  const Tensor qkv = random_tensor({200, 12}, 1);
  Tensor other = qkv.clone();
  other.slice(0, 150, 200).fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(at::isfinite(op(c)({other})[0].slice(0, 0, 128)).all().item<bool>());
  other = qkv.clone();
  other.slice(0, 150, 200) *= 2;
  EXPECT_TRUE(same_bits(op(c)({qkv})[0].slice(0, 0, 150), op(c)({other})[0].slice(0, 0, 150)));
}

TEST(SelfAttention, SurvivesLargeScores) {
  const Case c{{40}, {2, false, 1, {}}};
  const Tensor qkv = random_tensor({40, 24}, 1) * 100;
  expect_close(op(c)({qkv})[0], reference(c)({qkv})[0], 1e-4);
}

TEST(SelfAttention, BitsDoNotDependOnThreads) {
  for (const bool causal : {false, true}) {
    const Case c{{130, 1, 0, 400, 77}, {3, causal, 0, {0.1, 5}}};
    expect_same_bits_for_threads([&] {
      return outputs_and_grads(op(c), {random_tensor({total(c.lengths), 9 * 16}, 1)});
    });
  }
}

TEST(SelfAttention, NamesTheArgumentThatDoesNotFit) {
  const Tensor qkv = random_tensor({4, 12}, 1);
  const AttentionOptions two{2, false, 0, {}};
  EXPECT_EQ(thrown<ShapeError>([&] { self_attention(qkv, offsets_of({3}), 4, two, {}); }),
            "`offsets` must be ascending from 0 to T = 4, but is at 3 in the end instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              self_attention(qkv, offsets_of({5, -1}), 9, two, {});
            }),
            "`offsets` must be ascending from 0, but is not instead.");
  EXPECT_EQ(thrown<ShapeError>([&] { self_attention(qkv, offsets_of({4}), 3, two, {}); }),
            "`max_length` must be >= 4, the longest sequence, but is 3 instead.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              self_attention(qkv, offsets_of({4}), 4, {5, false, 0, {}}, {});
            }),
            "`qkv` must be [T, 3 heads d] with heads = 5, but is 12 wide instead.");
  const Tensor keys = at::tensor({0, 1, 3, 4}, at::kLong);
  EXPECT_EQ(thrown<ShapeError>([&] {
              self_attention(qkv, offsets_of({4}), 4, {2, false, 0, {0.1, 1}}, keys);
            }),
            "`token_key` must be consecutive inside a sequence, but is not at token 2 instead.");
}

}  // namespace tpretrain::ops::self_attention_test
