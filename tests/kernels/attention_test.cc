#include "kernels/attention.h"

#include "kernels/kernel_test.h"

namespace tpretrain::kernels {
namespace {

TEST(AttentionKernels, FastEqualsOracle) {
  const auto plain = plain_attention_kernels<float>();
  for (const auto& fast : TP_RUNNABLE(AttentionKernels<float>, attention_kernels)) {
    for (const double p : {0.0, 0.25}) {
      for (const bool causal : {false, true}) {
        for (const int64_t keys : widths()) {
          const int64_t queries = std::min<int64_t>(keys, 6);
          std::vector<int64_t> token_key;
          for (int64_t i = 0; i < keys; ++i) {
            token_key.push_back((int64_t{9} << 22) + 2 + i);
          }
          AttentionBlock block;
          block.queries = queries;
          block.keys = keys;
          block.stride = keys + 3;
          block.first_query = keys - queries;
          block.causal = causal;
          block.head = 5;
          block.token_key = token_key.data();
          block.lse_stride = 2;
          const DropoutRule rule = dropout_rule(p, 31);
          const Floats scores = random_floats(queries * block.stride, 1, 3);
          const Floats grads = random_floats(queries * block.stride, 2);
          Floats row(keys + 16);
          std::vector<uint32_t> words(keys + 32);
          Floats out[2];
          Floats again[2];
          Floats grad[2];
          Floats lse[2];
          for (int i = 0; i < 2; ++i) {
            const auto& table = i == 0 ? fast : plain;
            out[i] = again[i] = scores;
            grad[i] = grads;
            lse[i].assign(2 * queries, 0.0F);
            table.forward(block, rule, out[i].data(), lse[i].data(), words.data());
            table.backward(block, rule, again[i].data(), grad[i].data(), lse[i].data(), row.data(),
                           words.data());
          }
          expect_close(out[0], out[1], 3e-6, "probabilities");
          expect_close(lse[0], lse[1], 1e-6, "lse");
          expect_close(again[0], again[1], 3e-6, "recomputed probabilities");
          expect_close(grad[0], grad[1], 1e-5, "grad");
          expect_close(again[0], out[0], 3e-6, "forward and backward draw the same mask");
        }
      }
    }
  }
}

TEST(AttentionKernels, MaskedKeysGetExactlyZero) {
  AttentionBlock block;
  block.queries = 3;
  block.keys = 20;
  block.stride = 20;
  block.causal = true;
  Floats scores(60, 1.0F);
  Floats lse(3);
  attention_kernels<float>().forward(block, {}, scores.data(), lse.data(), nullptr);
  EXPECT_FLOAT_EQ(scores[0], 1.0F);
  EXPECT_FLOAT_EQ(scores[41], 1.0F / 3);
  for (int64_t r = 0; r < 3; ++r) {
    for (int64_t c = r + 1; c < 20; ++c) {
      EXPECT_EQ(scores[static_cast<size_t>(20 * r + c)], 0.0F);
    }
  }
}

}  // namespace
}  // namespace tpretrain::kernels
