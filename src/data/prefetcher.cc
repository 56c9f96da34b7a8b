#include "data/prefetcher.h"

#include <algorithm>
#include <utility>

#include "data/start_thread.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

Prefetcher::Prefetcher(Make make, const Options& options)
    : make_(std::move(make)), options_(options) {
  TP_ASSERT(options.parts > 0 && options.ahead > 0);
  restart(options.first);
  threads_.reserve(static_cast<size_t>(options.threads));
  try {
    for (int64_t i = 0; i < options.threads; ++i) {
      data::start_thread(threads_, options.threads, [this] { work(); });
    }
  } catch (...) {
    stop();
    throw;
  }
}

Prefetcher::~Prefetcher() {
  stop();
}

void Prefetcher::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  job_ready_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

std::vector<Batch> Prefetcher::take(int64_t step) {
  TP_ASSERT(step >= 0 && step < options_.end);
  if (threads_.empty()) {
    return make_now(step);
  }
  std::unique_lock<std::mutex> lock(mutex_);
  if (step != base_) {
    restart(step);
    job_ready_.notify_all();
  }
  step_ready_.wait(lock, [this] { return !steps_.empty() && steps_.front().open == 0; });
  std::vector<Batch> batches;
  for (const Part& part : steps_.front().parts) {
    if (part.error) {
      std::rethrow_exception(part.error);
    }
  }
  for (Part& part : steps_.front().parts) {
    batches.push_back(std::move(*part.batch));
  }
  steps_.pop_front();
  ++base_;
  job_ready_.notify_all();
  return batches;
}

std::vector<Batch> Prefetcher::make_now(int64_t step) const {
  std::vector<Batch> batches;
  for (int64_t part = 0; part < options_.parts; ++part) {
    batches.push_back(make_(step, part));
  }
  return batches;
}

void Prefetcher::restart(int64_t step) {
  steps_.clear();
  base_ = step;
  next_step_ = step;
  next_part_ = 0;
  ++epoch_;
}

bool Prefetcher::has_job() const {
  return next_step_ < options_.end && next_step_ - base_ < options_.ahead;
}

Prefetcher::Job Prefetcher::claim() {
  const Job job = {next_step_, next_part_, epoch_};
  if (next_part_ == 0) {
    Step& step = steps_.emplace_back();
    step.parts.resize(static_cast<size_t>(options_.parts));
    step.open = options_.parts;
  }
  if (++next_part_ == options_.parts) {
    next_part_ = 0;
    ++next_step_;
  }
  return job;
}

void Prefetcher::store(const Job& job, Part part) {
  if (job.epoch != epoch_) {
    return;
  }
  Step& step = steps_[static_cast<size_t>(job.step - base_)];
  step.parts[static_cast<size_t>(job.part)] = std::move(part);
  if (--step.open == 0 && job.step == base_) {
    step_ready_.notify_one();
  }
}

void Prefetcher::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    job_ready_.wait(lock, [this] { return stop_ || has_job(); });
    if (stop_) {
      return;
    }
    const Job job = claim();
    lock.unlock();
    Part part;
    try {
      part.batch = make_(job.step, job.part);
    } catch (...) {
      part.error = std::current_exception();
    }
    lock.lock();
    store(job, std::move(part));
  }
}

}  // namespace tpretrain
