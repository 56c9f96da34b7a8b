#include <vector>

#include <ATen/ops/empty.h>
#include <c10/util/StringUtil.h>

#include "kernels/dropout.h"
#include "ops/check.h"
#include "ops/dispatch.h"
#include "ops/implementations.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::ops {

using at::Tensor;

std::tuple<Tensor, Tensor> token_index_cpu(const Tensor& offsets, const MaybeTensor& sample,
                                           const Tensor& ordinal) {
  check_shape("offsets", offsets, {{"S + 1"}});
  check_dtype("offsets", offsets, at::kInt);
  check_shape("ordinal", ordinal, {{"B"}});
  check_dtype("ordinal", ordinal, at::kLong);
  const int64_t sequences = offsets.size(0) - 1;
  if (sequences < 0) {
    fail_argument("offsets", "ascending from 0", "empty");
  }
  const int64_t tokens = offsets.contiguous().const_data_ptr<int32_t>()[sequences];
  const Tensor flat = check_offsets(offsets, tokens);
  const int64_t samples = ordinal.size(0);
  Tensor owner;
  if (value(sample).defined()) {
    owner = check_indices("sample", *sample, sequences, samples);
  } else if (samples != sequences) {
    fail_argument("ordinal", c10::str("[S] with S = ", sequences, " when `sample` is absent"),
                  c10::str("[", samples, "]"));
  }
  const Tensor ordinals = ordinal.contiguous();
  const int32_t* begin = flat.const_data_ptr<int32_t>();
  const int64_t* ordinal_data = ordinals.const_data_ptr<int64_t>();
  const int64_t* owner_data = owner.defined() ? owner.const_data_ptr<int64_t>() : nullptr;
  Tensor positions = at::empty({tokens}, offsets.options());
  Tensor token_key = at::empty({tokens}, ordinal.options());
  int32_t* position_data = positions.mutable_data_ptr<int32_t>();
  int64_t* key_data = token_key.mutable_data_ptr<int64_t>();
  std::vector<int64_t> next(static_cast<size_t>(samples));
  for (int64_t s = 0; s < sequences; ++s) {
    const int64_t b = owner_data == nullptr ? s : owner_data[s];
    int64_t& k = next[static_cast<size_t>(b)];
    if (k + begin[s + 1] - begin[s] > int64_t{1} << kernels::kTokenBits) {
      fail_argument("offsets",
                    c10::str("at most ", int64_t{1} << kernels::kTokenBits, " tokens a sample"),
                    "more");
    }
    for (int64_t t = begin[s]; t < begin[s + 1]; ++t) {
      position_data[t] = static_cast<int32_t>(t - begin[s]);
      key_data[t] = ordinal_data[b] << kernels::kTokenBits | k++;
    }
  }
  return {positions, token_key};
}

std::tuple<Tensor, Tensor> token_index(const Tensor& offsets, const Tensor& sample,
                                       const Tensor& ordinal) {
  static const auto op =
      find_op<std::tuple<Tensor, Tensor>(const Tensor&, const MaybeTensor&, const Tensor&)>(
          "tpretrain::token_index");
  return op.call(offsets, maybe(sample), ordinal);
}

}  // namespace tpretrain::ops
