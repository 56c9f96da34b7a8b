#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/function.h>

#include "ops/op_test.h"

namespace tpretrain::ops::library_test {

std::vector<std::string> schema_names() {
  std::vector<std::string> names;
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
    if (name.name.rfind("tpretrain::", 0) == 0) {
      names.push_back(name.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

TEST(Library, EverySchemaHasACpuImplementation) {
  const auto names = schema_names();
  EXPECT_EQ(names.size(), 39);
  for (const std::string& name : names) {
    const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), "");
    EXPECT_TRUE(op.hasKernelForDispatchKey(c10::DispatchKey::CPU)) << name;
  }
}

TEST(Library, EveryOpWithABackwardIsDifferentiable) {
  const auto names = schema_names();
  int64_t found = 0;
  for (const std::string& name : names) {
    if (std::binary_search(names.begin(), names.end(), name + "_backward")) {
      const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), "");
      EXPECT_TRUE(op.hasKernelForDispatchKey(c10::DispatchKey::Autograd)) << name;
      ++found;
    } else if (ends_with(name, "_backward")) {
      const std::string forward = name.substr(0, name.size() - std::string("_backward").size());
      EXPECT_TRUE(std::binary_search(names.begin(), names.end(), forward)) << name;
    }
  }
  EXPECT_EQ(found, 17);
}

/// Nodes of the graph below `output`, AccumulateGrad aside.
int64_t count_nodes(const Tensor& output) {
  std::vector<torch::autograd::Node*> open = {output.grad_fn().get()};
  std::vector<torch::autograd::Node*> seen;
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (std::find(seen.begin(), seen.end(), node) != seen.end() ||
        node->name().find("AccumulateGrad") != std::string::npos) {
      continue;
    }
    seen.push_back(node);
    for (const auto& edge : node->next_edges()) {
      if (edge.function != nullptr) {
        open.push_back(edge.function.get());
      }
    }
  }
  return static_cast<int64_t>(seen.size());
}

TEST(Library, EachOpIsOneAutogradNode) {
  const Tensor x = leaf(random_tensor({4, 6}, 1));
  const Tensor vector = leaf(random_tensor({6}, 2));
  const Tensor offsets = at::tensor({0, 4}, at::kInt);
  const Tensor rows = at::tensor({0, 1, 1}, at::kInt);
  const Tensor keys = token_keys(4);
  const Dropout drop{0.5, 1};
  const Tensors tables = {x};
  const Tensors indices = {rows};
  EXPECT_EQ(count_nodes(ops::linear(x, x, {})), 1);
  EXPECT_EQ(count_nodes(ops::norm(x, vector, vector, NormKind::kLayer, 1e-5)), 1);
  EXPECT_EQ(count_nodes(std::get<0>(dropout_residual_norm(x, vector, x, vector, vector,
                                                          NormKind::kRms, 1e-5, drop, keys))),
            1);
  EXPECT_EQ(count_nodes(bias_activation(x, vector, Activation::kGelu)), 1);
  EXPECT_EQ(count_nodes(gated_activation(x, vector, Activation::kGelu)), 1);
  EXPECT_EQ(count_nodes(self_attention(x, offsets, 4, {2, false, 0, drop}, keys)), 1);
  EXPECT_EQ(count_nodes(gather_rows(x, rows)), 1);
  const Tensor groups = at::arange(4);
  const Tensor number = leaf(at::ones({}));
  EXPECT_EQ(count_nodes(std::get<0>(contrastive(x, x, number, groups, groups, true))), 1);
  EXPECT_EQ(count_nodes(std::get<0>(sigmoid_contrastive(x, x, number, number, groups, groups))), 1);
  EXPECT_EQ(count_nodes(std::get<0>(matrix_cross_entropy(x, groups, at::arange(6)))), 1);
  EXPECT_EQ(count_nodes(std::get<1>(late_similarity(x, offsets, x, offsets))), 1);
  EXPECT_EQ(count_nodes(query_attention(leaf(at::ones({3})), x, offsets, 3)), 1);
  EXPECT_EQ(count_nodes(ops::normalize(x)), 1);
  EXPECT_EQ(count_nodes(segment_mean(x, offsets)), 1);
  EXPECT_EQ(count_nodes(ops::dropout(x, drop, keys)), 1);
  EXPECT_EQ(count_nodes(std::get<0>(linear_cross_entropy(x, x, {}, keys - (int64_t{5} << 22)))), 1);
  EXPECT_EQ(count_nodes(embedding_sum(tables, indices, {}, {}, {}, NormKind::kNone, 0, {}, {})), 1);
}

}  // namespace tpretrain::ops::library_test
