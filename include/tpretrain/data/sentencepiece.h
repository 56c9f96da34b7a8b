/// Tokens of a SentencePiece model, by libsentencepiece. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tpretrain/base/config.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/text_clean.h"

namespace tpretrain {

struct SentencePieceConfig {
  std::string model;  ///< a .model file; kind, normalisation and byte fallback come from it
  int64_t size = 0;   ///< expected number of pieces; 0: any
  TextClean clean = TextClean::kNone;  ///< SigLIP: kCanonicalize

  void describe(ConfigVisitor& v);
};

/// `unk`, `bos`, `eos` and `pad` are those the model declares; `cls`, `sep` and `mask` its pieces
/// [CLS], [SEP] and [MASK] where it has them. Of special tokens written in the text only those that
/// the model was trained to keep whole (user-defined symbols) are recognised. Errors:
/// NotFoundError, DataError (no model), ConfigError (size differs from the recipe's).
std::unique_ptr<Tokenizer> load_sentencepiece(const SentencePieceConfig& config);

}  // namespace tpretrain
