#include "ops/segments.h"

#include <c10/util/StringUtil.h>

#include "ops/check.h"
#include "ops/parallel.h"

namespace tpretrain::ops {

void check_flat(const char* name, const at::Tensor& tensor, int64_t size) {
  check_shape(name, tensor, {{"N", size}});
  check_dtype(name, tensor, at::kFloat);
  if (!tensor.is_contiguous()) {
    fail_argument(name, "contiguous", "strided");
  }
}

std::vector<SegmentBlock> segment_blocks(const at::Tensor& segments, int64_t size) {
  check_shape("segments", segments, {{"n"}, {"2", 2}});
  check_dtype("segments", segments, at::kLong);
  const at::Tensor flat = segments.contiguous();
  const int64_t* bounds = flat.const_data_ptr<int64_t>();
  std::vector<SegmentBlock> result;
  int64_t before = 0;
  for (int64_t s = 0; s < flat.size(0); ++s) {
    const int64_t begin = bounds[2 * s];
    const int64_t end = bounds[2 * s + 1];
    if (begin < before || end < begin || end > size) {
      fail_argument("segments", c10::str("ascending ranges inside [0, ", size, "]"),
                    c10::str("[", begin, ", ", end, ") at ", s));
    }
    const Blocks blocks = flat_blocks(end - begin);
    for (int64_t i = 0; i < blocks.count(); ++i) {
      result.push_back({s, begin + blocks.begin(i), begin + blocks.end(i)});
    }
    before = end;
  }
  return result;
}

}  // namespace tpretrain::ops
