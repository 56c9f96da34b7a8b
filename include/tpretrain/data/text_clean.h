/// How a tokenizer cleans its text. Torch-free.
#pragma once

#include "tpretrain/base/config.h"

namespace tpretrain {

/// Each includes the one before it, but for `kCanonicalize`, which also removes ASCII punctuation
/// ('_' becomes a blank) before it lowers the case.
enum class TextClean {
  kNone,          ///< as it is
  kWhitespace,    ///< characters repaired, HTML references resolved, white space made single blanks
  kLower,         ///< lower case: CLIP
  kCanonicalize,  ///< no punctuation: SigLIP
};

/// The field `clean` of a tokenizer's config.
void describe_clean(ConfigVisitor& v, TextClean& clean);

}  // namespace tpretrain
