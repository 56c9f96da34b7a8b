#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/sources.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain {

void register_tokenizers(Registry& registry) {
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
