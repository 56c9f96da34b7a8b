/// From a source to samples. A sample is geometry, not a draw: which documents and sentences sample
/// i is made of is fixed once per length; splits, random partners and masks are counter draws on
/// top, keyed by the run-unique ordinal of the sample slot. Torch-free.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/source.h"
#include "tpretrain/core/tokenizer.h"

namespace tpretrain {

enum class DType { kInt32, kInt64, kFloat32, kUint8 };

/// How the values of samples are put together into a batch.
enum class FieldForm {
  kTokens,  ///< one value per token of its view; concatenated
  kRows,    ///< indices of tokens of its view (in the sample); shifted and concatenated
  kItems,   ///< as many as the rows they go with; concatenated
  kSample,  ///< `shape` values per sample; stacked [B, shape...]
};

struct Field {
  std::string name;  ///< batch name: "text.ids"
  DType dtype = DType::kInt32;
  FieldForm form = FieldForm::kTokens;
  std::string view;            ///< kRows: the view that the rows index
  std::vector<int64_t> shape;  ///< kSample: of one sample; empty: a scalar
};

/// Values of one field of one sample.
struct Column {
  std::vector<uint8_t> bytes;

  template <typename T>
  void push(T value) {
    const size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }
};

/// One sample: a column per declared field, and the lengths of its sequences per view.
struct Sample {
  std::vector<Column> columns;                ///< in the order of Processor::fields()
  std::vector<std::vector<int32_t>> lengths;  ///< in the order of Processor::views()

  void reset(size_t fields, size_t views);
};

struct ProcessorContext {
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null when the recipe has none
  uint64_t seed = 0;                           ///< of the draws; validation has its own stream
  bool compose_only = false;                   ///< no vocabulary was opened
  bool training = true;                        ///< samples may be augmented
};

/// Samples of one source.
class SampleStream {
 public:
  virtual ~SampleStream() = default;
  virtual int64_t count() const = 0;
  /// `index`: which sample; `ordinal`: key of its draws. Thread-safe; clears and fills `sample`.
  virtual void make(int64_t index, int64_t ordinal, Sample& sample) const = 0;
};

class Processor {
 public:
  static constexpr const char* kKind = "processor";
  using Context = ProcessorContext;
  virtual ~Processor() = default;
  virtual std::vector<Field> fields() const = 0;

  /// Views with token sequences, longest possible sequence each.
  struct ViewInfo {
    std::string name;
    int64_t max_length = 0;
  };

  virtual std::vector<ViewInfo> views() const = 0;
  /// Errors: ConfigError when the source is of the wrong kind, DataError when it gives no sample.
  virtual std::unique_ptr<SampleStream> open(std::shared_ptr<const Source> source) const = 0;
};

}  // namespace tpretrain
