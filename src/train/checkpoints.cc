#include "train/checkpoints.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/ops/ops.h"
#include "train/model_file.h"

namespace tpretrain {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOptimizerFile = "optimizer-0000.safetensors";
constexpr int kMostFailures = 3;

[[noreturn]] void does_not_fit(const Checkpoint& checkpoint, const std::string& what,
                               const std::string& saved, const std::string& now,
                               const std::string& hint) {
  throw ConfigError("checkpoint " + checkpoint.directory.string() +
                        " does not fit the recipe: " + what + " was " + saved + ", but is " + now,
                    hint);
}

}  // namespace

RunCheckpoints::RunCheckpoints(CheckpointStore& store, Trainer& trainer, RunIdentity identity)
    : store_(store), trainer_(trainer), identity_(std::move(identity)) {}

std::optional<int64_t> RunCheckpoints::resume(const PretrainOptions& options) {
  store_.sweep();
  std::optional<Checkpoint> found;
  if (options.resume == ResumePolicy::kStep) {
    check_fits(store_.reader().open(options.resume_step, CheckDepth::kSizes),
               options.allow_data_change);
    found = store_.rewind(options.resume_step);
  } else {
    found = store_.resume([](const RejectedCheckpoint& rejected) {
      log::warn("checkpoint", "rejected " + rejected.directory.string() + ": " + rejected.reason);
    });
  }
  if (!found) {
    if (options.resume == ResumePolicy::kMust) {
      throw CheckpointError("--resume must: there is no checkpoint to resume from");
    }
    history_ = history_with(0);
    return std::nullopt;
  }
  check_fits(*found, options.allow_data_change);
  load(*found);
  last_step_ = found->step();
  return last_step_;
}

void RunCheckpoints::check_fits(const Checkpoint& checkpoint, bool allow_data_change) const {
  const Manifest& manifest = checkpoint.manifest;
  const Json extra = Json::parse(manifest.extra, nullptr, false);
  const auto saved = [&extra](const char* key) { return extra.value(key, std::string()); };
  if (manifest.plan_hash != identity_.plan_hash) {
    does_not_fit(checkpoint, "the model (names, shapes or order of its parameters)",
                 manifest.plan_hash, identity_.plan_hash,
                 "--fresh starts again and keeps the old run aside");
  }
  if (saved("tokenizer") != identity_.tokenizer_hash) {
    does_not_fit(checkpoint, "the tokenizer", saved("tokenizer"), identity_.tokenizer_hash,
                 "give the vocabulary that the run began with");
  }
  if (saved("data") != identity_.data_hash && !allow_data_change) {
    does_not_fit(checkpoint, "the training data", saved("data"), identity_.data_hash,
                 "--allow data-change goes on with the new data");
  }
  const int64_t samples = extra.value("samples_in_data", identity_.samples);
  if (samples != identity_.samples && !allow_data_change) {
    does_not_fit(checkpoint, "the number of samples that data.processor makes",
                 std::to_string(samples), std::to_string(identity_.samples),
                 "--allow data-change goes on with the new samples");
  }
  const int64_t batch = extra.value("batch", int64_t{0});
  if (batch != identity_.batch) {
    does_not_fit(checkpoint, "train.batch", std::to_string(batch), std::to_string(identity_.batch),
                 "the order of the samples depends on it");
  }
  if (extra.value("seed", int64_t{0}) != identity_.seed) {
    does_not_fit(checkpoint, "seed", std::to_string(extra.value("seed", int64_t{0})),
                 std::to_string(identity_.seed), "every draw depends on it");
  }
}

void RunCheckpoints::load(const Checkpoint& checkpoint) {
  const Manifest& manifest = checkpoint.manifest;
  const Json extra = Json::parse(manifest.extra, nullptr, false);
  if (manifest.blas != identity_.blas) {
    log::warn("checkpoint", "the matrix library was " + manifest.blas + " and is " +
                                identity_.blas + " now: the bits will differ");
  }
  read_model(SafetensorsFile(checkpoint.file(kModelFile)), trainer_.model().buffer(),
             checkpoint.file(kModelFile).string());
  read_optimizer(SafetensorsFile(checkpoint.file(kOptimizerFile)), trainer_.optimizer(),
                 checkpoint.file(kOptimizerFile).string());
  TrainState state;
  state.step = manifest.step;
  state.updates = manifest.updates;
  state.samples = manifest.samples;
  state.tokens = manifest.tokens;
  state.skipped = extra.value("skipped", int64_t{0});
  state.skipped_in_a_row = extra.value("skipped_in_a_row", int64_t{0});
  trainer_.restore(state);
  history_ = manifest.history;
  const bool other_data = extra.value("data", std::string()) != identity_.data_hash;
  if (manifest.recipe_hash != identity_.recipe_hash || other_data) {
    log::warn("checkpoint", std::string("the ") + (other_data ? "data have" : "recipe has") +
                                " changed since step " + std::to_string(manifest.step) +
                                "; the change is noted in the history");
    history_ = history_with(manifest.step);
  }
}

/// `history` with one more entry: from `first_step` on this recipe holds.
std::string RunCheckpoints::history_with(int64_t first_step) const {
  Json history = Json::parse(history_, nullptr, false);
  if (!history.is_array()) {
    history = Json::array();
  }
  history.push_back({{"first_step", first_step},
                     {"recipe", identity_.recipe_hash},
                     {"batch", identity_.batch},
                     {"data", identity_.data_hash}});
  return history.dump();
}

void RunCheckpoints::commit() {
  const TrainState& state = trainer_.state();
  const ParameterBuffer& buffer = trainer_.model().buffer();
  auto writer = store_.begin(state.step, checkpoint_bytes(buffer, trainer_.optimizer()));
  const auto add = [&writer](const char* name, const auto& write) {
    auto file = writer->add_file(name);
    write(*file);
    file->close();
  };
  add(kModelFile, [&](OutputFile& out) { write_model(out, buffer); });
  add(kOptimizerFile, [&](OutputFile& out) { write_optimizer(out, trainer_.optimizer()); });
  ManifestInfo info;
  info.samples = state.samples;
  info.tokens = state.tokens;
  info.updates = state.updates;
  info.virtual_shards = identity_.virtual_shards;
  info.recipe_hash = identity_.recipe_hash;
  info.plan_hash = identity_.plan_hash;
  info.build_id = build_id();
  info.libtorch = TORCH_VERSION;
  info.threads = at::get_num_threads();
  info.blas = identity_.blas;
  info.history = history_;
  info.extra = Json{{"tokenizer", identity_.tokenizer_hash},
                    {"data", identity_.data_hash},
                    {"samples_in_data", identity_.samples},
                    {"batch", identity_.batch},
                    {"seed", identity_.seed},
                    {"skipped", state.skipped},
                    {"skipped_in_a_row", state.skipped_in_a_row}}
                   .dump();
  writer->commit(info);
}

void RunCheckpoints::save() {
  if (last_step_ == trainer_.state().step) {
    return;
  }
  try {
    commit();
    failures_ = 0;
    last_step_ = trainer_.state().step;
    log::info("checkpoint", "committed step=" + std::to_string(last_step_));
  } catch (const IoError& error) {
    if (++failures_ >= kMostFailures) {
      throw;
    }
    log::warn("checkpoint", "step " + std::to_string(trainer_.state().step) +
                                " could not be saved, training goes on: " + error.what());
  }
}

}  // namespace tpretrain
