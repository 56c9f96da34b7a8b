/// Segments of flat buffers, cut into blocks for threads.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace tpretrain::ops {

struct SegmentBlock {
  int64_t segment;
  int64_t begin;
  int64_t end;
};

/// A flat float32 buffer that is written or read in place: one-dimensional and contiguous.
void check_flat(const char* name, const at::Tensor& tensor, int64_t size = -1);

/// segments [n, 2] int64: (begin, end), ascending, without overlap, inside [0, size). Blocks of at
/// most 16384 elements, in order.
std::vector<SegmentBlock> segment_blocks(const at::Tensor& segments, int64_t size);

}  // namespace tpretrain::ops
