#include "interop/families/families.h"

namespace tpretrain {

/// BertForPreTraining of Hugging Face transformers, for a model in the five-part form with targets
/// `mlm` (tied to the word embedding) and `nsp`.
WeightFamily bert_hf() {
  RuleList rules;
  rules.one("embedding.word.weight", "bert.embeddings.word_embeddings.weight")
      .one("embedding.position.weight", "bert.embeddings.position_embeddings.weight")
      .one("embedding.segment.weight", "bert.embeddings.token_type_embeddings.weight")
      .pair("embedding.norm", "bert.embeddings.LayerNorm")
      .pair("main.pool.dense", "bert.pooler.dense")
      .pair("target.mlm.dense", "cls.predictions.transform.dense")
      .pair("target.mlm.norm", "cls.predictions.transform.LayerNorm")
      .one("target.mlm.output.bias", "cls.predictions.bias")
      .pair("target.nsp.classifier", "cls.seq_relationship")
      .layers("encoder.layers.*.", "bert.encoder.layer.*.",
              {.qkv = {"attention.self.query", "attention.self.key", "attention.self.value"},
               .attention_output = "attention.output.dense",
               .attention_norm = "attention.output.LayerNorm",
               .ffn_input = "intermediate.dense",
               .ffn_output = "output.dense",
               .ffn_norm = "output.LayerNorm"});
  return {.name = "bert",
          .library = "hf",
          .rules = rules.take(),
          .base = "bert.",
          .ignored = {"bert.embeddings.position_ids", "cls.predictions.decoder.weight",
                      "cls.predictions.decoder.bias"},
          .ties = {{"target.mlm.output.weight", "embedding.word.weight"}}};
}

}  // namespace tpretrain
