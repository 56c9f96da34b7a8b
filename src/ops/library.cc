/// Every schema of namespace tpretrain, sorted by name, and who implements it.
#include <torch/library.h>

#include "ops/implementations.h"

TORCH_LIBRARY(tpretrain, m) {
  m.def(
      "adamw_(Tensor(a!) param, Tensor grad, Tensor(b!) m, Tensor(c!) v, Tensor segments, "
      "Tensor factors, Tensor scalars, float beta1, float beta2, float eps) -> ()");
  m.def("add_(Tensor(a!) total, Tensor part) -> ()");
  m.def("bias_activation(Tensor x, Tensor? bias, int activation) -> Tensor");
  m.def(
      "bias_activation_backward(Tensor grad, Tensor x, Tensor? bias, int activation, "
      "bool needs_bias) -> (Tensor dx, Tensor dbias)");
  m.def(
      "contrastive(Tensor queries, Tensor keys, Tensor scale, Tensor query_group, "
      "Tensor key_group, bool columns, float smoothing) -> (Tensor loss_sum, Tensor correct, "
      "Tensor row_lse, Tensor column_lse)");
  m.def(
      "contrastive_backward(Tensor grad, Tensor queries, Tensor keys, Tensor scale, "
      "Tensor query_group, Tensor key_group, Tensor row_lse, Tensor column_lse, bool columns, "
      "float smoothing, bool[3] mask) -> (Tensor dqueries, Tensor dkeys, Tensor dscale)");
  m.def("dropout(Tensor x, float p, int key, Tensor token_key) -> Tensor");
  m.def("dropout_backward(Tensor grad, float p, int key, Tensor token_key) -> Tensor");
  m.def(
      "dropout_residual_norm(Tensor x, Tensor? x_bias, Tensor residual, Tensor? weight, "
      "Tensor? bias, int kind, float eps, float p, int key, Tensor? token_key) -> "
      "(Tensor y, Tensor sum, Tensor stats)");
  m.def(
      "dropout_residual_norm_backward(Tensor? grad_y, Tensor? grad_sum, Tensor sum, Tensor stats, "
      "Tensor? weight, int kind, float p, int key, Tensor? token_key, bool[4] mask) -> "
      "(Tensor dx, Tensor dx_bias, Tensor dresidual, Tensor dweight, Tensor dbias)");
  m.def(
      "embedding_sum(Tensor[] tables, Tensor[] indices, Tensor[] dense, Tensor? weight, "
      "Tensor? bias, int kind, float eps, float p, int key, Tensor? token_key) -> "
      "(Tensor y, Tensor sum, Tensor stats)");
  m.def(
      "embedding_sum_backward(Tensor grad, Tensor sum, Tensor stats, Tensor? weight, "
      "Tensor[] indices, int[] table_rows, int kind, float p, int key, Tensor? token_key, "
      "bool[3] mask) -> (Tensor[] dtables, Tensor dx, Tensor drow, Tensor dweight, Tensor dbias)");
  m.def("gated_activation(Tensor x, Tensor? bias, int activation) -> Tensor");
  m.def(
      "gated_activation_backward(Tensor grad, Tensor x, Tensor? bias, int activation, "
      "bool needs_bias) -> (Tensor dx, Tensor dbias)");
  m.def("gather_rows(Tensor x, Tensor rows) -> Tensor");
  m.def("gather_rows_backward(Tensor grad, Tensor rows, int size) -> Tensor");
  m.def(
      "late_similarity(Tensor a, Tensor a_offsets, Tensor b, Tensor b_offsets) -> "
      "(Tensor ab, Tensor ba, Tensor arg_ab, Tensor arg_ba)");
  m.def(
      "late_similarity_backward(Tensor? grad_ab, Tensor? grad_ba, Tensor a, Tensor a_offsets, "
      "Tensor b, Tensor b_offsets, Tensor arg_ab, Tensor arg_ba, bool[2] mask) -> "
      "(Tensor da, Tensor db)");
  m.def("linear(Tensor x, Tensor weight, Tensor? bias) -> Tensor");
  m.def(
      "linear_backward(Tensor grad, Tensor x, Tensor weight, bool[3] mask) -> "
      "(Tensor dx, Tensor dweight, Tensor dbias)");
  m.def(
      "linear_cross_entropy(Tensor x, Tensor weight, Tensor? bias, Tensor labels, "
      "float smoothing, int keep_bytes) -> (Tensor loss_sum, Tensor correct, Tensor lse, "
      "Tensor logits)");
  m.def(
      "linear_cross_entropy_backward(Tensor grad, Tensor x, Tensor weight, Tensor? bias, "
      "Tensor labels, Tensor lse, Tensor logits, float smoothing, bool[3] mask) -> "
      "(Tensor dx, Tensor dweight, Tensor dbias)");
  m.def(
      "matrix_cross_entropy(Tensor logits, Tensor row_group, Tensor column_group, "
      "float smoothing) -> (Tensor loss_sum, Tensor correct, Tensor lse)");
  m.def(
      "matrix_cross_entropy_backward(Tensor grad, Tensor logits, Tensor row_group, "
      "Tensor column_group, Tensor lse, float smoothing) -> Tensor");
  m.def(
      "norm(Tensor x, Tensor weight, Tensor? bias, int kind, float eps) -> "
      "(Tensor y, Tensor stats)");
  m.def(
      "norm_backward(Tensor grad, Tensor x, Tensor stats, Tensor weight, int kind, "
      "bool[2] mask) -> (Tensor dx, Tensor dweight, Tensor dbias)");
  m.def("normalize(Tensor x, float eps) -> (Tensor y, Tensor length)");
  m.def("normalize_backward(Tensor grad, Tensor y, Tensor length, float eps) -> Tensor");
  m.def(
      "patchify(Tensor pixels, int patch, float[] mean, float[] deviation, ScalarType dtype) -> "
      "Tensor");
  m.def(
      "query_attention(Tensor query, Tensor kv, Tensor offsets, int heads) -> "
      "(Tensor y, Tensor lse)");
  m.def(
      "query_attention_backward(Tensor grad, Tensor query, Tensor kv, Tensor offsets, Tensor lse, "
      "int heads, bool[2] mask) -> (Tensor dquery, Tensor dkv)");
  m.def("segment_mean(Tensor x, Tensor offsets) -> Tensor");
  m.def("segment_mean_backward(Tensor grad, Tensor offsets, int tokens) -> Tensor");
  m.def(
      "self_attention(Tensor qkv, Tensor offsets, int max_length, int heads, bool causal, "
      "float scale, float p, int key, Tensor? token_key) -> (Tensor y, Tensor lse)");
  m.def(
      "self_attention_backward(Tensor grad, Tensor qkv, Tensor offsets, Tensor lse, int heads, "
      "bool causal, float scale, float p, int key, Tensor? token_key) -> Tensor");
  m.def(
      "sigmoid_contrastive(Tensor queries, Tensor keys, Tensor scale, Tensor bias, "
      "Tensor query_group, Tensor key_group) -> (Tensor loss_sum, Tensor correct)");
  m.def(
      "sigmoid_contrastive_backward(Tensor grad, Tensor queries, Tensor keys, Tensor scale, "
      "Tensor bias, Tensor query_group, Tensor key_group, bool[4] mask) -> (Tensor dqueries, "
      "Tensor dkeys, Tensor dscale, Tensor dbias)");
  m.def("sum_of_squares(Tensor flat, Tensor segments) -> Tensor");
  m.def(
      "token_index(Tensor offsets, Tensor? sample, Tensor ordinal) -> "
      "(Tensor positions, Tensor token_key)");
}

namespace tpretrain::ops {

TORCH_LIBRARY_IMPL(tpretrain, CPU, m) {
  m.impl("adamw_", &adamw_cpu);
  m.impl("add_", &add_cpu);
  m.impl("bias_activation", &bias_activation_cpu);
  m.impl("bias_activation_backward", &bias_activation_backward_cpu);
  m.impl("contrastive", &contrastive_cpu);
  m.impl("contrastive_backward", &contrastive_backward_cpu);
  m.impl("dropout", &dropout_cpu);
  m.impl("dropout_backward", &dropout_backward_cpu);
  m.impl("dropout_residual_norm", &dropout_residual_norm_cpu);
  m.impl("dropout_residual_norm_backward", &dropout_residual_norm_backward_cpu);
  m.impl("embedding_sum", &embedding_sum_cpu);
  m.impl("embedding_sum_backward", &embedding_sum_backward_cpu);
  m.impl("gated_activation", &gated_activation_cpu);
  m.impl("gated_activation_backward", &gated_activation_backward_cpu);
  m.impl("gather_rows", &gather_rows_cpu);
  m.impl("gather_rows_backward", &gather_rows_backward_cpu);
  m.impl("late_similarity", &late_similarity_cpu);
  m.impl("late_similarity_backward", &late_similarity_backward_cpu);
  m.impl("linear", &linear_cpu);
  m.impl("linear_backward", &linear_backward_cpu);
  m.impl("linear_cross_entropy", &linear_cross_entropy_cpu);
  m.impl("linear_cross_entropy_backward", &linear_cross_entropy_backward_cpu);
  m.impl("matrix_cross_entropy", &matrix_cross_entropy_cpu);
  m.impl("matrix_cross_entropy_backward", &matrix_cross_entropy_backward_cpu);
  m.impl("norm", &norm_cpu);
  m.impl("norm_backward", &norm_backward_cpu);
  m.impl("normalize", &normalize_cpu);
  m.impl("normalize_backward", &normalize_backward_cpu);
  m.impl("patchify", &patchify_cpu);
  m.impl("query_attention", &query_attention_cpu);
  m.impl("query_attention_backward", &query_attention_backward_cpu);
  m.impl("segment_mean", &segment_mean_cpu);
  m.impl("segment_mean_backward", &segment_mean_backward_cpu);
  m.impl("self_attention", &self_attention_cpu);
  m.impl("self_attention_backward", &self_attention_backward_cpu);
  m.impl("sigmoid_contrastive", &sigmoid_contrastive_cpu);
  m.impl("sigmoid_contrastive_backward", &sigmoid_contrastive_backward_cpu);
  m.impl("sum_of_squares", &sum_of_squares_cpu);
  m.impl("token_index", &token_index_cpu);
}

TORCH_LIBRARY_IMPL(tpretrain, Autograd, m) {
  m.impl("bias_activation", &bias_activation_autograd);
  m.impl("contrastive", &contrastive_autograd);
  m.impl("dropout", &dropout_autograd);
  m.impl("dropout_residual_norm", &dropout_residual_norm_autograd);
  m.impl("embedding_sum", &embedding_sum_autograd);
  m.impl("gated_activation", &gated_activation_autograd);
  m.impl("gather_rows", &gather_rows_autograd);
  m.impl("late_similarity", &late_similarity_autograd);
  m.impl("linear", &linear_autograd);
  m.impl("linear_cross_entropy", &linear_cross_entropy_autograd);
  m.impl("matrix_cross_entropy", &matrix_cross_entropy_autograd);
  m.impl("norm", &norm_autograd);
  m.impl("normalize", &normalize_autograd);
  m.impl("query_attention", &query_attention_autograd);
  m.impl("segment_mean", &segment_mean_autograd);
  m.impl("self_attention", &self_attention_autograd);
  m.impl("sigmoid_contrastive", &sigmoid_contrastive_autograd);
}

}  // namespace tpretrain::ops
