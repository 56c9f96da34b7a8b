/// The functions behind the schemas of library.cc: `x_cpu` computes, `x_autograd` records one node
/// and calls the op again below autograd. Arguments are those of the schemas.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tpretrain::ops {

using at::Tensor;
using MaybeTensor = std::optional<at::Tensor>;

void adamw_cpu(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
               const Tensor& segments, const Tensor& factors, const Tensor& scalars, double beta1,
               double beta2, double eps);

void add_cpu(const Tensor& total, const Tensor& part);

Tensor bias_activation_cpu(const Tensor& x, const MaybeTensor& bias, int64_t activation);
Tensor bias_activation_autograd(const Tensor& x, const MaybeTensor& bias, int64_t activation);
std::tuple<Tensor, Tensor> bias_activation_backward_cpu(const Tensor& grad, const Tensor& x,
                                                        const MaybeTensor& bias, int64_t activation,
                                                        bool needs_bias);

std::tuple<Tensor, Tensor, Tensor, Tensor> contrastive_cpu(const Tensor& queries,
                                                           const Tensor& keys, const Tensor& scale,
                                                           const Tensor& query_group,
                                                           const Tensor& key_group, bool columns,
                                                           double smoothing);
std::tuple<Tensor, Tensor, Tensor, Tensor> contrastive_autograd(
    const Tensor& queries, const Tensor& keys, const Tensor& scale, const Tensor& query_group,
    const Tensor& key_group, bool columns, double smoothing);
std::tuple<Tensor, Tensor, Tensor> contrastive_backward_cpu(
    const Tensor& grad, const Tensor& queries, const Tensor& keys, const Tensor& scale,
    const Tensor& query_group, const Tensor& key_group, const Tensor& row_lse,
    const Tensor& column_lse, bool columns, double smoothing, std::array<bool, 3> mask);

Tensor dropout_cpu(const Tensor& x, double p, int64_t key, const Tensor& token_key);
Tensor dropout_autograd(const Tensor& x, double p, int64_t key, const Tensor& token_key);
Tensor dropout_backward_cpu(const Tensor& grad, double p, int64_t key, const Tensor& token_key);

std::tuple<Tensor, Tensor, Tensor> dropout_residual_norm_cpu(
    const Tensor& x, const MaybeTensor& x_bias, const Tensor& residual, const MaybeTensor& weight,
    const MaybeTensor& bias, int64_t kind, double eps, double p, int64_t key,
    const MaybeTensor& token_key);
std::tuple<Tensor, Tensor, Tensor> dropout_residual_norm_autograd(
    const Tensor& x, const MaybeTensor& x_bias, const Tensor& residual, const MaybeTensor& weight,
    const MaybeTensor& bias, int64_t kind, double eps, double p, int64_t key,
    const MaybeTensor& token_key);
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> dropout_residual_norm_backward_cpu(
    const MaybeTensor& grad_y, const MaybeTensor& grad_sum, const Tensor& sum, const Tensor& stats,
    const MaybeTensor& weight, int64_t kind, double p, int64_t key, const MaybeTensor& token_key,
    std::array<bool, 4> mask);

std::tuple<Tensor, Tensor, Tensor> embedding_sum_cpu(at::TensorList tables, at::TensorList indices,
                                                     at::TensorList dense,
                                                     const MaybeTensor& weight,
                                                     const MaybeTensor& bias, int64_t kind,
                                                     double eps, double p, int64_t key,
                                                     const MaybeTensor& token_key);
std::tuple<Tensor, Tensor, Tensor> embedding_sum_autograd(
    at::TensorList tables, at::TensorList indices, at::TensorList dense, const MaybeTensor& weight,
    const MaybeTensor& bias, int64_t kind, double eps, double p, int64_t key,
    const MaybeTensor& token_key);
std::tuple<std::vector<Tensor>, Tensor, Tensor, Tensor, Tensor> embedding_sum_backward_cpu(
    const Tensor& grad, const Tensor& sum, const Tensor& stats, const MaybeTensor& weight,
    at::TensorList indices, at::IntArrayRef table_rows, int64_t kind, double p, int64_t key,
    const MaybeTensor& token_key, std::array<bool, 3> mask);

Tensor gated_activation_cpu(const Tensor& x, const MaybeTensor& bias, int64_t activation);
Tensor gated_activation_autograd(const Tensor& x, const MaybeTensor& bias, int64_t activation);
std::tuple<Tensor, Tensor> gated_activation_backward_cpu(const Tensor& grad, const Tensor& x,
                                                         const MaybeTensor& bias,
                                                         int64_t activation, bool needs_bias);

Tensor gather_rows_cpu(const Tensor& x, const Tensor& rows);
Tensor gather_rows_autograd(const Tensor& x, const Tensor& rows);
Tensor gather_rows_backward_cpu(const Tensor& grad, const Tensor& rows, int64_t size);

std::tuple<Tensor, Tensor, Tensor, Tensor> late_similarity_cpu(const Tensor& a,
                                                               const Tensor& a_offsets,
                                                               const Tensor& b,
                                                               const Tensor& b_offsets);
std::tuple<Tensor, Tensor, Tensor, Tensor> late_similarity_autograd(const Tensor& a,
                                                                    const Tensor& a_offsets,
                                                                    const Tensor& b,
                                                                    const Tensor& b_offsets);
std::tuple<Tensor, Tensor> late_similarity_backward_cpu(const MaybeTensor& grad_ab,
                                                        const MaybeTensor& grad_ba, const Tensor& a,
                                                        const Tensor& a_offsets, const Tensor& b,
                                                        const Tensor& b_offsets,
                                                        const Tensor& arg_ab, const Tensor& arg_ba,
                                                        std::array<bool, 2> mask);

Tensor linear_cpu(const Tensor& x, const Tensor& weight, const MaybeTensor& bias);
Tensor linear_autograd(const Tensor& x, const Tensor& weight, const MaybeTensor& bias);
std::tuple<Tensor, Tensor, Tensor> linear_backward_cpu(const Tensor& grad, const Tensor& x,
                                                       const Tensor& weight,
                                                       std::array<bool, 3> mask);

std::tuple<Tensor, Tensor, Tensor, Tensor> linear_cross_entropy_cpu(
    const Tensor& x, const Tensor& weight, const MaybeTensor& bias, const Tensor& labels,
    double smoothing, int64_t keep_bytes);
std::tuple<Tensor, Tensor, Tensor, Tensor> linear_cross_entropy_autograd(
    const Tensor& x, const Tensor& weight, const MaybeTensor& bias, const Tensor& labels,
    double smoothing, int64_t keep_bytes);
std::tuple<Tensor, Tensor, Tensor> linear_cross_entropy_backward_cpu(
    const Tensor& grad, const Tensor& x, const Tensor& weight, const MaybeTensor& bias,
    const Tensor& labels, const Tensor& lse, const Tensor& logits, double smoothing,
    std::array<bool, 3> mask);

std::tuple<Tensor, Tensor, Tensor> matrix_cross_entropy_cpu(const Tensor& logits,
                                                            const Tensor& row_group,
                                                            const Tensor& column_group,
                                                            double smoothing);
std::tuple<Tensor, Tensor, Tensor> matrix_cross_entropy_autograd(const Tensor& logits,
                                                                 const Tensor& row_group,
                                                                 const Tensor& column_group,
                                                                 double smoothing);
Tensor matrix_cross_entropy_backward_cpu(const Tensor& grad, const Tensor& logits,
                                         const Tensor& row_group, const Tensor& column_group,
                                         const Tensor& lse, double smoothing);

std::tuple<Tensor, Tensor> norm_cpu(const Tensor& x, const Tensor& weight, const MaybeTensor& bias,
                                    int64_t kind, double eps);
std::tuple<Tensor, Tensor> norm_autograd(const Tensor& x, const Tensor& weight,
                                         const MaybeTensor& bias, int64_t kind, double eps);
std::tuple<Tensor, Tensor, Tensor> norm_backward_cpu(const Tensor& grad, const Tensor& x,
                                                     const Tensor& stats, const Tensor& weight,
                                                     int64_t kind, std::array<bool, 2> mask);

std::tuple<Tensor, Tensor> normalize_cpu(const Tensor& x, double eps);
std::tuple<Tensor, Tensor> normalize_autograd(const Tensor& x, double eps);
Tensor normalize_backward_cpu(const Tensor& grad, const Tensor& y, const Tensor& length,
                              double eps);

Tensor patchify_cpu(const Tensor& pixels, int64_t patch, at::ArrayRef<double> mean,
                    at::ArrayRef<double> deviation, at::ScalarType dtype);

std::tuple<Tensor, Tensor> query_attention_cpu(const Tensor& query, const Tensor& kv,
                                               const Tensor& offsets, int64_t heads);
std::tuple<Tensor, Tensor> query_attention_autograd(const Tensor& query, const Tensor& kv,
                                                    const Tensor& offsets, int64_t heads);
std::tuple<Tensor, Tensor> query_attention_backward_cpu(const Tensor& grad, const Tensor& query,
                                                        const Tensor& kv, const Tensor& offsets,
                                                        const Tensor& lse, int64_t heads,
                                                        std::array<bool, 2> mask);

Tensor segment_mean_cpu(const Tensor& x, const Tensor& offsets);
Tensor segment_mean_autograd(const Tensor& x, const Tensor& offsets);
Tensor segment_mean_backward_cpu(const Tensor& grad, const Tensor& offsets, int64_t tokens);

std::tuple<Tensor, Tensor> self_attention_cpu(const Tensor& qkv, const Tensor& offsets,
                                              int64_t max_length, int64_t heads, bool causal,
                                              double scale, double p, int64_t key,
                                              const MaybeTensor& token_key);
std::tuple<Tensor, Tensor> self_attention_autograd(const Tensor& qkv, const Tensor& offsets,
                                                   int64_t max_length, int64_t heads, bool causal,
                                                   double scale, double p, int64_t key,
                                                   const MaybeTensor& token_key);
Tensor self_attention_backward_cpu(const Tensor& grad, const Tensor& qkv, const Tensor& offsets,
                                   const Tensor& lse, int64_t heads, bool causal, double scale,
                                   double p, int64_t key, const MaybeTensor& token_key);

std::tuple<Tensor, Tensor> sigmoid_contrastive_cpu(const Tensor& queries, const Tensor& keys,
                                                   const Tensor& scale, const Tensor& bias,
                                                   const Tensor& query_group,
                                                   const Tensor& key_group);
std::tuple<Tensor, Tensor> sigmoid_contrastive_autograd(const Tensor& queries, const Tensor& keys,
                                                        const Tensor& scale, const Tensor& bias,
                                                        const Tensor& query_group,
                                                        const Tensor& key_group);
std::tuple<Tensor, Tensor, Tensor, Tensor> sigmoid_contrastive_backward_cpu(
    const Tensor& grad, const Tensor& queries, const Tensor& keys, const Tensor& scale,
    const Tensor& bias, const Tensor& query_group, const Tensor& key_group,
    std::array<bool, 4> mask);

Tensor sum_of_squares_cpu(const Tensor& flat, const Tensor& segments);

std::tuple<Tensor, Tensor> token_index_cpu(const Tensor& offsets, const MaybeTensor& sample,
                                           const Tensor& ordinal);

}  // namespace tpretrain::ops
