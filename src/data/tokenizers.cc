#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/clip_bpe.h"
#include "tpretrain/data/sentencepiece.h"
#include "tpretrain/data/sources.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain {

void register_tokenizers(Registry& registry) {
  registry.add_made_by<Tokenizer, ClipBpeConfig>(
      {.name = "clip_bpe",
       .summary = "Byte-pair encoding over bytes with ends of words, as CLIP's.",
       .paper = "https://arxiv.org/abs/2103.00020",
       .reads = {},
       .ops = {}},
      [](const ClipBpeConfig& config, const TokenizerContext&) -> std::shared_ptr<Tokenizer> {
        return load_clip_bpe(config);
      });
  registry.add_made_by<Tokenizer, SentencePieceConfig>(
      {.name = "sentencepiece",
       .summary = "Pieces of a SentencePiece model file.",
       .paper = "https://arxiv.org/abs/1808.06226",
       .reads = {},
       .ops = {}},
      [](const SentencePieceConfig& config, const TokenizerContext&) -> std::shared_ptr<Tokenizer> {
        return load_sentencepiece(config);
      });
  registry.add_made_by<Tokenizer, WordPieceConfig>(
      {.name = "wordpiece",
       .summary = "Greedy longest match over a vocabulary of word pieces, as BERT's.",
       .paper = "https://arxiv.org/abs/1609.08144",
       .reads = {},
       .ops = {}},
      [](const WordPieceConfig& config, const TokenizerContext&) -> std::shared_ptr<Tokenizer> {
        return load_wordpiece(config);
      });
}

}  // namespace tpretrain
