/// Hidden states between components: ragged, never padded. All tokens of all sequences stand one
/// after the other in `x`; `offsets` delimits the sequences.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

namespace tpretrain {

/// Where the tokens of a batch lie: made by the first embedding of a part, kept by the encoder.
struct Layout {
  at::Tensor offsets;      ///< [S + 1] int32, offsets[S] = T
  int64_t max_length = 0;  ///< longest sequence, on the host
  at::Tensor positions;    ///< [T] int32, place of a token in its sequence; ascending
  at::Tensor token_key;    ///< [T] int64, ordinal << 22 | index of the token in its sample
  std::string view;        ///< the view whose tokens are laid out
  /// Rows of `x` put before the view's tokens in every sequence (class tokens, registers).
  int64_t prefix = 0;

  bool defined() const { return offsets.defined(); }

  int64_t tokens() const { return positions.size(0); }

  int64_t sequences() const { return offsets.size(0) - 1; }
};

struct Sequence {
  at::Tensor x;  ///< [T, D]
  Layout layout;
  /// States that a later part asked for (Call::keep), by the number of layers applied: 0 is the
  /// encoder's input, k the input of layer k. Never final-normed.
  std::map<int64_t, at::Tensor> layers;

  /// Maps row lists that index the tokens of `view` to rows of `x`. rows [R] -> [R].
  /// Errors: ShapeError when this sequence does not hold that view.
  at::Tensor rows(const std::string& view, const at::Tensor& rows) const;
};

}  // namespace tpretrain
