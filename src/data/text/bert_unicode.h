/// Unicode as Hugging Face's BertNormalizer and BertPreTokenizer see it: the tables of utf8proc
/// (Unicode 15.0), less what those tokenizers, whose tables are of Unicode 8.0 (categories) and 9.0
/// (decomposition), do not know. The ids of published models were made with them.
/// tools/parity/wordpiece_parity.py proves the agreement for every code point.
#pragma once

#include <array>
#include <cstdint>

namespace tpretrain::text {

enum class BertClass : uint8_t {
  kControl,      ///< Cc, Cf, Co: removed
  kSpace,        ///< White_Space
  kPunctuation,  ///< ASCII punctuation and P*: a word of its own
  kMark,         ///< Mn: removed where accents are stripped
  kWord,         ///< all else, unassigned code points among them
};

BertClass bert_class(char32_t code_point);

/// True for most of kWord: what neither decomposes nor combines nor has a lower case. A short cut:
/// false proves nothing.
bool bert_is_plain(char32_t code_point);

/// Canonical combining class.
int bert_combining_class(char32_t code_point);

/// Canonical decomposition (without reordering), at most four code points.
struct Decomposition {
  std::array<char32_t, 4> code_points;
  int size = 0;
};

Decomposition bert_decompose(char32_t code_point);

/// Per code point, as Rust's char::to_lowercase: U+0130 becomes two code points.
Decomposition bert_lowercase(char32_t code_point);

/// Blocks of CJK ideographs; kana and hangul are words separated by spaces.
bool is_cjk_ideograph(char32_t code_point);

}  // namespace tpretrain::text
