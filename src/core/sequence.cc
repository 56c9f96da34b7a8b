#include "tpretrain/core/sequence.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/mul.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

at::Tensor Sequence::rows(const std::string& view, const at::Tensor& rows) const {
  if (view != layout.view) {
    throw ShapeError("rows of view '" + view + "' are asked for, but the sequence holds view '" +
                     layout.view + "'");
  }
  if (layout.prefix == 0) {
    return rows;
  }
  // Token t of the view lies in sequence s: its row is t + (s + 1) * prefix.
  const at::Tensor first =
      layout.offsets - at::arange(layout.offsets.size(0), layout.offsets.options()) * layout.prefix;
  const at::Tensor sequence = at::bucketize(rows, first.slice(0, 1), /*out_int32=*/false, true);
  return rows + (sequence + 1).to(rows.scalar_type()) * layout.prefix;
}

}  // namespace tpretrain
