#include "ops/pair_tiles.h"

#include "ops/check.h"

namespace tpretrain::ops {

PairInputs::PairInputs(const at::Tensor& given_queries, const at::Tensor& given_keys,
                       const at::Tensor& given_scale, const at::Tensor& given_query_group,
                       const at::Tensor& given_key_group)
    : scale(given_scale) {
  check_shape("queries", given_queries, {{"R"}, {"D"}});
  check_float("queries", given_queries);
  check_shape("keys", given_keys, {{"N"}, {"D", given_queries.size(1)}});
  check_dtype("keys", given_keys, given_queries.scalar_type());
  check_shape("scale", given_scale, {});
  check_dtype("scale", given_scale, given_queries.scalar_type());
  queries = given_queries.contiguous();
  keys = given_keys.contiguous();
  query_group = check_groups("query_group", given_query_group, "R", queries.size(0));
  key_group = check_groups("key_group", given_key_group, "N", keys.size(0));
}

}  // namespace tpretrain::ops
