#include "tpretrain/data/loader.h"

#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "data/batch_maker.h"
#include "data/prefetcher.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

namespace {

void check(bool ok, const std::string& message) {
  if (!ok) {
    throw ConfigError(message);
  }
}

void check_sizes(const LoaderOptions& o) {
  check(o.batch > 0 && o.micro_batch > 0 && o.batch % o.micro_batch == 0,
        fmt::format("`micro_batch` must divide `batch` = {} samples, but is {} instead.", o.batch,
                    o.micro_batch));
  const int64_t parts = o.batch / o.micro_batch;
  check(o.world > 0 && parts % o.world == 0,
        fmt::format("the number of ranks must divide the {} micro-batches of a step (`batch` = {}, "
                    "`micro_batch` = {}), but is {} instead.",
                    parts, o.batch, o.micro_batch, o.world));
  check(o.rank >= 0 && o.rank < o.world,
        fmt::format("`rank` must be in [0, {}), but is {} instead.", o.world, o.rank));
  check(o.threads >= 0 && o.threads <= 1024,
        fmt::format("`threads` must be in [0, 1024], but is {} instead.", o.threads));
  check(o.prefetch > 0,
        fmt::format("`prefetch` must be at least 1, but is {} instead.", o.prefetch));
  check(o.first_step >= 0,
        fmt::format("`first_step` must be at least 0, but is {} instead.", o.first_step));
}

}  // namespace

int64_t checked_count(int64_t count, int64_t batch) {
  if (count <= 0) {
    throw DataError("the training data give no sample", kExpectedSamples);
  }
  if (count < batch) {
    throw DataError(
        fmt::format("the training data give {} samples, fewer than one global batch of {}", count,
                    batch),
        "lower `train.batch` or give more data");
  }
  return count;
}

Loader::Loader(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
               std::vector<Processor::ViewInfo> views, const LoaderOptions& options)
    : options_((check_sizes(options), options)),
      maker_(std::make_shared<BatchMaker>(std::move(stream), std::move(fields), std::move(views))),
      sampler_(checked_count(maker_->count(), options.batch), options.seed),
      micro_batches_(options.batch / options.micro_batch / options.world),
      position_(options.first_step) {
  Prefetcher::Options ahead;
  ahead.threads = options.threads;
  ahead.ahead = options.prefetch;
  ahead.parts = micro_batches_;
  ahead.first = options.first_step;
  prefetcher_ = std::make_unique<Prefetcher>(
      [this](int64_t step, int64_t micro) { return make(step, micro); }, ahead);
}

Loader::~Loader() = default;

Batch Loader::make(int64_t step, int64_t micro) const {
  const int64_t first =
      step * options_.batch + (options_.rank * micro_batches_ + micro) * options_.micro_batch;
  std::vector<SampleId> ids;
  ids.reserve(static_cast<size_t>(options_.micro_batch));
  for (int64_t i = 0; i < options_.micro_batch; ++i) {
    ids.push_back(sampler_.at(first + i));
  }
  return maker_->make(ids);
}

StepBatch Loader::next() {
  return next(position_);
}

StepBatch Loader::next(int64_t step) {
  check(step >= 0 && step < kMaxOrdinal / options_.batch,
        fmt::format("step {} is outside [0, {}): a run may consume at most 2^41 samples", step,
                    kMaxOrdinal / options_.batch));
  const auto start = std::chrono::steady_clock::now();
  StepBatch out;
  out.step = step;
  out.micro_batches = prefetcher_->take(step);
  out.wait_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  position_ = step + 1;
  return out;
}

}  // namespace tpretrain
