/// A BERT of a few thousand parameters, batches for it, and trainers of it.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/tensor.h>

#include <gtest/gtest.h>

#include "tests/components/support.h"
#include "tpretrain/core/model.h"
#include "tpretrain/train/pretrain.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain::testing {

constexpr uint64_t kSeed = 5;

inline const Registry& whole_registry() {
  static const Registry registry = builtin_registry();
  return registry;
}

/// MLM with a tied output and NSP; dropout everywhere.
inline std::shared_ptr<Model> tiny_bert(const std::string& dropout = "0.1") {
  const std::string text =
      "{embedding: {sum: [word, {position: {max: 32}}, {segment: {types: 2}}], norm: layer, "
      "dropout: " +
      dropout +
      "}, encoder: {transformer: {layers: 1, hidden: 32, heads: 2, ffn: 64, dropout: " + dropout +
      "}}, pool: {cls: {dense: tanh}}, target: [{mlm: {tie: embedding.word}}, "
      "{pair_match: {name: nsp}}]}";
  Faults faults;
  const Node model = parse_yaml(text, "test.yaml");
  const ModelSpec spec = read_model_spec(expand_model(model, faults), whole_registry(), faults);
  faults.raise_if_any();
  const ModelContext context{.seed = kSeed, .vocabulary = 11, .positions = {{"text", 32}}};
  return std::make_shared<Model>(spec, context, whole_registry());
}

/// Sequences of these lengths; every third token is masked, labels depend on the ordinal.
inline Batch bert_batch(const std::vector<int32_t>& lengths, int64_t first_ordinal) {
  Batch batch = text_batch(lengths, first_ordinal);
  std::vector<int32_t> rows;
  std::vector<int32_t> labels;
  std::vector<int32_t> pairs;
  int32_t begin = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int64_t ordinal = first_ordinal + static_cast<int64_t>(i);
    pairs.push_back(static_cast<int32_t>(ordinal % 2));
    for (int32_t k = 1; k < lengths[i]; k += 3) {
      rows.push_back(begin + k);
      labels.push_back(static_cast<int32_t>((ordinal * 7 + k) % 11));
    }
    begin += lengths[i];
  }
  batch.set("mlm.rows", int_tensor(rows));
  batch.set("mlm.labels", int_tensor(labels));
  batch.set("pair.label", int_tensor(pairs));
  return batch;
}

/// Step `step` of a run: four micro-batches of two sequences.
inline std::vector<Batch> four_micro_batches(int64_t step = 0) {
  return {bert_batch({9, 14}, step * 8), bert_batch({5, 30}, step * 8 + 2),
          bert_batch({17, 3}, step * 8 + 4), bert_batch({11, 22}, step * 8 + 6)};
}

inline TrainConfig train_config(TrainMode mode = TrainMode::kFast) {
  TrainConfig config;
  config.batch = 8;
  config.micro_batch = 2;
  config.mode = mode;
  config.optimizer = choice("{adamw: {lr: 1e-2, weight_decay: 0.1}}");
  config.schedule = choice("constant: {}");
  return config;
}

inline Trainer trainer_of(Model& model, const TrainConfig& config) {
  return Trainer(model, config, kSeed, {.total = 100, .epoch = 0}, whole_registry(),
                 Communicator::single());
}

inline at::Tensor state_of(Trainer& trainer, const std::string& name) {
  for (const auto& [known, tensor] : trainer.optimizer().state()) {
    if (known == name) {
      return tensor;
    }
  }
  return {};
}

}  // namespace tpretrain::testing
