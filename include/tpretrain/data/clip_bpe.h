/// CLIP's tokens: byte-level byte-pair encoding with a mark at the end of every word. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tpretrain/base/config.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/text_clean.h"

namespace tpretrain {

/// Ids equal those of open_clip's SimpleTokenizer without the tokens around a text: cleaning is
/// ftfy.fix_text, html.unescape twice, white space, str.lower; then the words of the published
/// pattern. One step of ftfy is left out: repairing text that was once decoded with the wrong
/// encoding (A with tilde, superscript three, for o with acute).
struct ClipBpeConfig {
  std::string vocab;   ///< bpe_simple_vocab_16e6.txt(.gz), or vocab.json
  std::string merges;  ///< of a vocab.json; empty: merges.txt beside it
  int64_t size = 0;    ///< expected number of tokens; 0: any
  TextClean clean = TextClean::kLower;

  void describe(ConfigVisitor& v);
};

/// Special tokens: `bos` and `eos`. A merge list alone gives 512 tokens of bytes, one of each
/// merge, then the two special ones; CLIP's has 49,408. Errors: NotFoundError, DataError (damaged
/// file, with its line), ConfigError (size differs from the recipe's).
std::unique_ptr<Tokenizer> load_clip_bpe(const ClipBpeConfig& config);

}  // namespace tpretrain
