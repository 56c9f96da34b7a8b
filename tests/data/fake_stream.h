/// A stream whose samples are known in closed form: sample i has 1 + i % 4 tokens, i * 10 + j.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/core/processor.h"

namespace tpretrain::testing {

class FakeStream : public SampleStream {
 public:
  explicit FakeStream(int64_t count) : count_(count) {}

  static std::vector<Field> fields() {
    return {{"text.ids", DType::kInt32, FieldForm::kTokens, "", {}},
            {"draw", DType::kInt64, FieldForm::kSample, "", {}},
            {"index", DType::kInt64, FieldForm::kSample, "", {}}};
  }

  static std::vector<Processor::ViewInfo> views() { return {{"text", 4}}; }

  int64_t count() const override { return count_; }

  void make(int64_t index, int64_t ordinal, Sample& sample) const override {
    ++made;
    if (const auto fail = fails.find(index); fail != fails.end()) {
      fail->second();
    }
    sample.reset(3, 1);
    const int64_t length = 1 + index % 4;
    for (int64_t j = 0; j < length; ++j) {
      sample.columns[0].push(static_cast<int32_t>(index * 10 + j));
    }
    sample.lengths[0] = {static_cast<int32_t>(length)};
    sample.columns[1].push(
        static_cast<int64_t>(CounterRng(5, static_cast<uint64_t>(ordinal)).next()));
    sample.columns[2].push(index);
  }

  /// What happens when a sample is made; set before the stream is used.
  std::map<int64_t, void (*)()> fails;
  mutable std::atomic<int64_t> made = 0;

 private:
  int64_t count_;
};

}  // namespace tpretrain::testing
