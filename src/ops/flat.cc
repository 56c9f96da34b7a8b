/// sum_of_squares and add_ over flat buffers.
#include <vector>

#include <ATen/ops/empty.h>

#include "kernels/rows.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "ops/parallel.h"
#include "ops/segments.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {

using at::Tensor;

Tensor sum_of_squares_cpu(const Tensor& flat, const Tensor& segments) {
  check_flat("flat", flat);
  const auto blocks = segment_blocks(segments, flat.size(0));
  std::vector<double> parts(blocks.size());
  const float* data = flat.const_data_ptr<float>();
  parallel_blocks(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    const SegmentBlock& block = blocks[static_cast<size_t>(i)];
    parts[static_cast<size_t>(i)] =
        kernels::row_kernels<float>().sum_of_squares(block.end - block.begin, data + block.begin);
  });
  double total = 0;
  for (const double part : parts) {
    total += part;
  }
  Tensor result = at::empty({1}, flat.options().dtype(at::kDouble));
  *result.mutable_data_ptr<double>() = total;
  return result;
}

void add_cpu(const Tensor& total, const Tensor& part) {
  check_flat("total", total);
  check_flat("part", part, total.size(0));
  float* total_data = total.mutable_data_ptr<float>();
  const float* part_data = part.const_data_ptr<float>();
  const Blocks blocks = flat_blocks(total.size(0));
  parallel_blocks(blocks.count(), [&](int64_t block) {
    const int64_t begin = blocks.begin(block);
    kernels::row_kernels<float>().add(blocks.length(block), part_data + begin, total_data + begin);
  });
}

Tensor sum_of_squares(const Tensor& flat, const Tensor& segments) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("tpretrain::sum_of_squares");
  const at::AutoDispatchBelowADInplaceOrView below;
  return op.call(flat, segments);
}

void add_(const Tensor& total, const Tensor& part) {
  static const auto op = find_op<void(const Tensor&, const Tensor&)>("tpretrain::add_");
  const at::AutoDispatchBelowADInplaceOrView below;
  op.call(total, part);
}

}  // namespace tpretrain::ops
