#include "data/batch_maker.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

BatchMaker::BatchMaker(std::shared_ptr<const SampleStream> stream, std::vector<Field> fields,
                       std::vector<Processor::ViewInfo> views)
    : stream_(std::move(stream)), collator_(std::move(fields), std::move(views)) {}

Batch BatchMaker::make(std::span<const SampleId> ids) const {
  std::unique_ptr<Scratch> scratch = take();
  if (scratch->samples.size() < ids.size()) {
    scratch->samples.resize(ids.size());
  }
  scratch->ordinals.clear();
  for (size_t i = 0; i < ids.size(); ++i) {
    make_sample(ids[i], scratch->samples[i]);
    scratch->ordinals.push_back(ids[i].ordinal);
  }
  Batch batch = collator_.collate({scratch->samples.data(), ids.size()}, scratch->ordinals);
  give_back(std::move(scratch));
  return batch;
}

void BatchMaker::make_sample(SampleId id, Sample& sample) const {
  const auto where = [&] {
    return fmt::format("while making sample {} (slot {} of the run)", id.index, id.ordinal);
  };
  try {
    sample.reset(collator_.fields().size(), collator_.views().size());
    stream_->make(id.index, id.ordinal, sample);
  } catch (Error& error) {
    error.add_context(where());
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    InternalError wrapped(error.what());
    wrapped.add_context(where());
    throw wrapped;
  }
}

std::unique_ptr<BatchMaker::Scratch> BatchMaker::take() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.empty()) {
    return std::make_unique<Scratch>();
  }
  std::unique_ptr<Scratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void BatchMaker::give_back(std::unique_ptr<Scratch> scratch) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(scratch));
}

}  // namespace tpretrain
