/// Pictures with captions and classes for the tests of processors. Torch-free.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/yaml.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/registry.h"

namespace tpretrain {

void register_processor_image_class(Registry& registry);
void register_processor_image_text(Registry& registry);

namespace testing {

/// One colour: every value is `value`.
class PlainImage final : public EncodedImage {
 public:
  explicit PlainImage(uint8_t value) : value_(value) {}

  int64_t height() const override { return 12; }

  int64_t width() const override { return 10; }

  void decode(int64_t, int64_t, Image& out) const override {
    out.height = height();
    out.width = width();
    out.pixels.assign(static_cast<size_t>(height() * width() * 3), value_);
  }

 private:
  uint8_t value_;
};

/// Item i has the colour i. Those of `damaged` cannot be read.
class FakeItems final : public ItemSource {
 public:
  struct Entry {
    std::vector<std::string> captions;
    std::optional<int64_t> label;
  };

  explicit FakeItems(std::vector<Entry> entries, std::set<int64_t> damaged = {},
                     BadItems policy = BadItems::kSkip)
      : entries_(std::move(entries)), damaged_(std::move(damaged)), policy_(policy) {}

  int64_t items() const override { return static_cast<int64_t>(entries_.size()); }

  std::string hash() const override { return "fake"; }

  std::string sidecar() const override { return "pictures"; }

  Item read(int64_t index) const override {
    if (damaged_.count(index) != 0) {
      throw DataError("item " + std::to_string(index) + " is damaged");
    }
    const Entry& entry = entries_.at(static_cast<size_t>(index));
    return {"item" + std::to_string(index), std::make_unique<PlainImage>(index), entry.captions,
            entry.label};
  }

  int64_t caption_count(int64_t index) const override {
    return static_cast<int64_t>(entries_.at(static_cast<size_t>(index)).captions.size());
  }

  BadItems bad_items() const override { return policy_; }

 private:
  std::vector<Entry> entries_;
  std::set<int64_t> damaged_;
  BadItems policy_;
};

/// A caption and a class for each of `count` items.
inline std::vector<FakeItems::Entry> plain_entries(int64_t count) {
  std::vector<FakeItems::Entry> entries;
  for (int64_t i = 0; i < count; ++i) {
    entries.push_back({{std::string(1, static_cast<char>('a' + i % 26))}, i % 3});
  }
  return entries;
}

/// A letter is the id 10 and up, a blank is none. 2 [CLS], 3 [SEP], 0 [PAD]; 6 and 7 begin and end.
class LetterTokenizer final : public Tokenizer {
 public:
  explicit LetterTokenizer(bool begin_and_end = true) {
    special_.cls = 2;
    special_.sep = 3;
    special_.pad = 0;
    if (begin_and_end) {
      special_.bos = 6;
      special_.eos = 7;
    }
  }

  void encode(std::string_view text, std::vector<int32_t>& ids) const override {
    for (const char c : text) {
      if (c != ' ') {
        ids.push_back(10 + c - 'a');
      }
    }
  }

  std::string decode(std::span<const int32_t>) const override { return {}; }

  int64_t size() const override { return 200; }

  std::string piece(int32_t id) const override { return "p" + std::to_string(id); }

  bool continues_word(int32_t) const override { return false; }

  const SpecialIds& special() const override { return special_; }

  SpecialIds& change_special() { return special_; }

  std::string hash() const override { return "letters"; }

  std::string source() const override { return "letters.txt"; }

 private:
  SpecialIds special_;
};

inline std::shared_ptr<Processor> picture_processor(
    const std::string& yaml, std::shared_ptr<const Tokenizer> tokenizer = nullptr,
    bool training = true) {
  Registry registry;
  register_processor_image_class(registry);
  register_processor_image_text(registry);
  Faults faults;
  const Choice choice = read_choice(parse_yaml(yaml, "test.yaml"), "test", faults);
  if (choice) {
    registry.check("processor", choice, "processor", faults);
  }
  faults.raise_if_any();
  return registry.make<Processor>(choice, {std::move(tokenizer), 1, false, training});
}

template <typename T>
std::vector<T> values_of(const Column& column) {
  std::vector<T> values(column.bytes.size() / sizeof(T));
  std::memcpy(values.data(), column.bytes.data(), column.bytes.size());
  return values;
}

}  // namespace testing
}  // namespace tpretrain
