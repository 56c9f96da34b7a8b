#include "tpretrain/train/pretrain.h"

#include <algorithm>
#include <chrono>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/data/loader.h"
#include "tpretrain/data/sources.h"
#include "tpretrain/ops/ops.h"
#include "tpretrain/train/checkpoint.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/run_directory.h"
#include "train/baseline.h"
#include "train/checkpoints.h"
#include "train/metrics.h"
#include "train/model_file.h"
#include "train/optimizers.h"
#include "train/progress_line.h"
#include "train/recipe_changes.h"
#include "train/retrieval_examples.h"
#include "train/stop_signal.h"
#include "train/zero_shot.h"

namespace tpretrain {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Every `every.value` steps; never when it is absent.
bool due(const Quantity& every, int64_t step) {
  return every && step % static_cast<int64_t>(every.value) == 0;
}

/// Rates between two lines of metrics.
class Stopwatch {
 public:
  void add(const StepReport& report, double wait) {
    tokens_ += report.tokens;
    samples_ += report.samples;
    wait_ += wait;
  }

  StepTiming read() const {
    const double elapsed = std::max(1e-9, seconds_since(lap_));
    return {static_cast<double>(tokens_) / elapsed, static_cast<double>(samples_) / elapsed,
            wait_ / elapsed, seconds_since(start_)};
  }

  /// Time that was not spent on steps does not count for the rates.
  void leave_out(Clock::duration time) { lap_ += time; }

  void lap() {
    tokens_ = samples_ = 0;
    wait_ = 0;
    lap_ = Clock::now();
  }

 private:
  Clock::time_point start_ = Clock::now();
  Clock::time_point lap_ = Clock::now();
  int64_t tokens_ = 0;
  int64_t samples_ = 0;
  double wait_ = 0;
};

class Run {
 public:
  Run(const Recipe& recipe, const Registry& registry, const PretrainOptions& options)
      : recipe_(recipe), registry_(registry), options_(options), config_(recipe.config) {
    check_complete();
  }

  PretrainResult go() {
    configure_compute(config_.train);
    open_run();
    open_inputs();
    failpoint("train.inputs_open");
    if (options_.resume == ResumePolicy::kFresh) {
      if (asked_to_stop()) {
        return not_begun();
      }
      start_afresh();
    }
    open_trainer();
    const auto resumed = checkpoints_->resume(options_);
    start_lines(resumed);
    loop();
    return finish();
  }

 private:
  /// What a recipe may leave out to be composed, but not to be trained.
  void check_complete() const {
    Faults faults;
    const auto expect = [&](bool given, const char* key, const char* what) {
      if (!given) {
        const Node* train = recipe_.tree.find("train");
        faults.add(train != nullptr ? train->mark() : recipe_.tree.mark(),
                   "missing key '" + std::string(key) + "': " + what);
      }
    };
    expect(config_.train.batch > 0, "train.batch", "samples per step");
    expect(static_cast<bool>(config_.train.duration), "train.duration",
           "how long to train, for example '10k steps'");
    expect(static_cast<bool>(config_.train.optimizer), "train.optimizer", "for example 'adamw'");
    expect(static_cast<bool>(config_.train.schedule), "train.schedule", "for example 'linear'");
    if (config_.validate.zero_shot && !config_.data.valid) {
      const Node* validate = recipe_.tree.find("validate");
      faults.add(validate->find("zero_shot")->mark(),
                 "'validate.zero_shot' needs 'data.valid': it is a part of each validation");
    }
    faults.raise_if_any();
  }

  void open_run() {
    const fs::path path = options_.run.empty() ? fs::path("runs") / config_.name : options_.run;
    directory_.emplace(RunDirectory::acquire(FileSystem::posix(), path));
    open_log();
    if (options_.resume != ResumePolicy::kFresh) {
      say_open();
    }
  }

  void open_log() const { log::open_file((directory_->path() / "log.rank0.txt").string()); }

  void say_open() const {
    if (options_.on_open) {
      options_.on_open(directory_->path());
    }
  }

  /// Only once the inputs have opened: a wrong path leaves the earlier run where it is.
  void start_afresh() {
    const std::optional<fs::path> aside = directory_->renew(FileSystem::posix());
    open_log();
    say_open();
    if (aside) {
      log::info("run", "the earlier run is kept in " + aside->string());
    }
  }

  PretrainResult not_begun() const {
    PretrainResult result;
    result.run = directory_->path();
    result.requeue = true;
    result.begun = false;
    return result;
  }

  void open_inputs() {
    tokenizer_ = open_tokenizer(recipe_, registry_);
    train_ = open_data(recipe_, registry_, tokenizer_, Split::kTrain);
    model_ = make_model(recipe_, registry_, tokenizer_.get(), *train_.processor);
    const int64_t samples = checked_count(train_.stream->count(), config_.train.batch);
    total_ = total_steps(recipe_, *train_.processor, samples);
    if (config_.data.valid) {
      open_validation();
    }
  }

  void open_trainer() {
    trainer_.emplace(*model_, config_.train, static_cast<uint64_t>(config_.seed),
                     ScheduleContext{total_, train_.stream->count() / config_.train.batch},
                     registry_, Communicator::single());
    CheckpointOptions keep;
    keep.keep = static_cast<int>(config_.checkpoint.keep);
    store_.emplace(FileSystem::posix(), directory_->path(), directory_->run_id(), keep);
    checkpoints_.emplace(*store_, *trainer_, identity());
  }

  void open_validation() {
    valid_ = open_data(recipe_, registry_, tokenizer_, Split::kValid);
    ValidationOptions options;
    options.samples = config_.validate.samples;
    options.micro_batch = config_.train.micro();
    validation_.emplace(valid_.stream, valid_.processor->fields(), valid_.processor->views(),
                        options);
    if (PairModel::fits(*model_, *valid_.processor)) {
      pair_.emplace(model_, valid_.processor, options.micro_batch);
    }
    if (config_.validate.zero_shot) {
      zero_shot_.emplace(*config_.validate.zero_shot, registry_,
                         PairModel(model_, valid_.processor, options.micro_batch));
    }
  }

  RunIdentity identity() const {
    const bool exact = config_.train.mode == TrainMode::kExact;
    return {recipe_.hash(),
            plan_hash(model_->buffer()),
            tokenizer_ ? tokenizer_->hash() : "",
            train_.source->hash(),
            train_.stream->count(),
            config_.train.batch,
            config_.seed,
            ops::blas_name(),
            exact ? static_cast<int>(config_.train.shards()) : 1};
  }

  void start_lines(std::optional<int64_t> resumed) {
    const fs::path& run = directory_->path();
    FileSystem::posix().replace(run / "recipe.yaml", recipe_.text);
    Node resolved = recipe_tree(recipe_, registry_, RecipeForm::kFull);
    resolved.find("train")->set("blas", Node::scalar(ops::blas_name()));
    if (resumed) {
      warn_of_changes(resolved);
    }
    FileSystem::posix().replace(run / "resolved.yaml", write_yaml(resolved));
    metrics_.emplace(run / "metrics.jsonl", config_.name, recipe_.hash(), resumed.value_or(0));
    log::info("run", build_id() + ", matrix library " + ops::blas_name() + ", recipe " +
                         recipe_.path.string());
    log::info("run", resumed
                         ? "resumed from step " + std::to_string(*resumed) + " of " + run.string()
                         : "started " + run.string());
    log::info("run", with_commas(model_->buffer().trained()) + " parameters, " +
                         with_commas(train_.stream->count()) + " samples, " + with_commas(total_) +
                         " steps of " + with_commas(config_.train.batch) + " samples");
    for (const std::string& warning : recipe_.warnings) {
      log::warn("recipe", warning);
    }
  }

  /// Before resolved.yaml is written again.
  void warn_of_changes(const Node& resolved) const {
    constexpr size_t kMost = 10;
    const fs::path earlier = directory_->path() / "resolved.yaml";
    std::vector<std::string> changes;
    try {
      changes = recipe_changes(parse_yaml(FileSystem::posix().read_all(earlier), earlier.string()),
                               resolved);
    } catch (const Error&) {
      return;  // missing or damaged: the hash of the recipe has told that there is a change
    }
    for (size_t i = 0; i < std::min(changes.size(), kMost); ++i) {
      log::warn("recipe", "changed since the run was last started: " + changes[i]);
    }
    if (changes.size() > kMost) {
      log::warn("recipe", "and " + std::to_string(changes.size() - kMost) + " changes more");
    }
  }

  LoaderOptions loader_options() const {
    LoaderOptions options;
    options.batch = config_.train.batch;
    options.micro_batch = config_.train.micro();
    options.seed = static_cast<uint64_t>(config_.seed);
    options.threads = config_.data.loader.threads;
    options.prefetch = config_.data.loader.prefetch;
    options.first_step = trainer_->state().step;
    return options;
  }

  void loop() {
    const int64_t last = std::min(total_, options_.stop_at.value_or(total_));
    Loader loader(train_.stream, train_.processor->fields(), train_.processor->views(),
                  loader_options());
    log::Progress progress;
    while (trainer_->state().step < last && !asked_to_stop()) {
      const StepBatch batch = loader.next();
      result_.train = trainer_->step(batch.micro_batches);
      after_step(batch, progress);
      failpoint("train.step_done");
    }
    progress.finish();
    if (trainer_->state().step < last) {
      result_.requeue = true;
      log::info("run", StopSignal::received() != 0
                           ? "stopping on signal " + std::to_string(StopSignal::received())
                           : "stopping: the time that --max-time gives is used up");
    }
    checkpoints_->save();
    if (checkpoints_->last_step() != trainer_->state().step) {
      throw IoError("the state of step " + std::to_string(trainer_->state().step) +
                    " could not be committed");
    }
  }

  bool asked_to_stop() const {
    const bool late = options_.max_seconds && seconds_since(start_) >= *options_.max_seconds;
    return StopSignal::received() != 0 || late;
  }

  void after_step(const StepBatch& batch, log::Progress& progress) {
    const StepReport& report = result_.train;
    watch_.add(report, batch.wait_seconds);
    if (report.skipped) {
      warn_skipped(batch);
    }
    const bool end = report.step == total_;
    const StepTiming timing = watch_.read();
    if (options_.progress) {
      const double each = timing.seconds / static_cast<double>(++steps_here_);
      progress.update(
          progress_line(report, total_, timing, each * static_cast<double>(total_ - report.step)),
          end);
    }
    if (report.step % config_.log.every == 0 || end) {
      metrics_->write_step(report, trainer_->state(), timing);
      watch_.lap();
    }
    if (options_.on_step) {
      options_.on_step(report);
    }
    if (validation_ && (due(config_.validate.every, report.step) || end)) {
      validate(timing);
    }
    if (due(config_.checkpoint.every, report.step)) {
      checkpoints_->save();
    }
  }

  void warn_skipped(const StepBatch& batch) const {
    const int64_t first = batch.micro_batches.front().at("ordinal")[0].item<int64_t>();
    log::warn("train", "step " + std::to_string(result_.train.step) +
                           " skipped: not finite, first in '" + result_.train.blame +
                           "'; samples " + std::to_string(first) + " to " +
                           std::to_string(first + result_.train.samples - 1));
  }

  /// `timing`: of the steps before it.
  void validate(StepTiming timing) {
    const Clock::time_point start = Clock::now();
    result_.valid = evaluate_model(*model_, static_cast<uint64_t>(config_.seed),
                                   [this](const auto& use) { validation_->for_each(use); });
    if (zero_shot_) {
      result_.valid->zero_shot = zero_shot_->run();
    }
    watch_.leave_out(Clock::now() - start);
    timing.seconds = watch_.read().seconds;
    result_.valid_step = trainer_->state().step;
    metrics_->write_valid(*result_.valid, trainer_->state(), timing);
    log::info("valid", "step " + std::to_string(trainer_->state().step) + " " +
                           loss_text(*result_.valid) + " over " +
                           with_commas(validation_->samples()) + " held-out samples");
  }

  PretrainResult finish() {
    result_.run = directory_->path();
    result_.step = trainer_->state().step;
    if (result_.valid && result_.step == total_) {
      result_.baseline = baselines(*model_, train_.source, tokenizer_.get(), *validation_);
      for (const auto& [name, report] : result_.baseline) {
        log::info("valid", name + " predictor on the same samples: " + loss_text(report));
      }
      if (!result_.baseline.empty()) {
        write_baselines(directory_->path() / "baseline.json", result_.baseline);
      }
      write_examples();
    }
    return std::move(result_);
  }

  /// Examples are for people: a run that can not show them is complete all the same.
  void write_examples() const {
    const auto items = std::dynamic_pointer_cast<const ItemSource>(valid_.source);
    if (!pair_ || items == nullptr) {
      return;
    }
    try {
      FileSystem::posix().replace(directory_->path() / kRetrievedName,
                                  format_retrieved(retrieval_examples(*pair_, items)));
    } catch (const Error& error) {
      log::warn("run", std::string("no examples of what is retrieved: ") + error.what());
    }
  }

  const Recipe& recipe_;
  const Registry& registry_;
  const PretrainOptions& options_;
  const RecipeConfig& config_;
  Clock::time_point start_ = Clock::now();
  StopSignal signals_;  ///< a signal that comes before the first step is heard too
  Stopwatch watch_;
  std::optional<RunDirectory> directory_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  OpenData train_;
  OpenData valid_;
  std::shared_ptr<Model> model_;
  std::optional<Trainer> trainer_;
  std::optional<ValidationSet> validation_;
  std::optional<PairModel> pair_;  ///< where the model is one
  std::optional<ZeroShot> zero_shot_;
  std::optional<CheckpointStore> store_;
  std::optional<RunCheckpoints> checkpoints_;
  std::optional<MetricsFile> metrics_;
  PretrainResult result_;
  int64_t total_ = 0;
  int64_t steps_here_ = 0;
};

}  // namespace

PretrainResult pretrain(const Recipe& recipe, const Registry& registry,
                        const PretrainOptions& options) {
  return Run(recipe, registry, options).go();
}

Registry builtin_registry() {
  Registry registry;
  register_builtin_components(registry);
  register_sources(registry);
  register_tokenizers(registry);
  register_optimizers(registry);
  register_schedules(registry);
  return registry;
}

std::string build_id() {
  return "tpretrain " TPRETRAIN_VERSION;
}

}  // namespace tpretrain
