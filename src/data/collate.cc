#include "tpretrain/data/collate.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include <ATen/ops/empty.h>

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain {

namespace {

/// A token's index in its sample takes the low 22 bits of its key.
constexpr int64_t kMaxSampleTokens = int64_t{1} << 22;

size_t element_size(DType dtype) {
  switch (dtype) {
    case DType::kInt32:
    case DType::kFloat32:
      return 4;
    case DType::kInt64:
      return 8;
    case DType::kUint8:
      return 1;
  }
  TP_ASSERT(false);
}

at::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::kInt32:
      return at::kInt;
    case DType::kInt64:
      return at::kLong;
    case DType::kFloat32:
      return at::kFloat;
    case DType::kUint8:
      return at::kByte;
  }
  TP_ASSERT(false);
}

std::string prefix_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

int64_t values_per_sample(const Field& field) {
  int64_t values = 1;
  for (const int64_t size : field.shape) {
    values *= size;
  }
  return values;
}

/// Copies row indices while moving them from the sample to the batch; a row outside its sample
/// would silently read another one.
template <typename T>
void copy_rows(const Field& field, const Column& column, int64_t start, int64_t tokens, T* out) {
  const size_t count = column.bytes.size() / sizeof(T);
  if (count > 0) {
    std::memcpy(out, column.bytes.data(), count * sizeof(T));
  }
  for (size_t i = 0; i < count; ++i) {
    if (out[i] < 0 || out[i] >= tokens) {
      throw ShapeError(
          fmt::format("`{}` must index the {} tokens of `{}` in its sample, but holds "
                      "{} instead.",
                      field.name, tokens, field.view, out[i]));
    }
    out[i] = static_cast<T>(out[i] + start);
  }
}

void check_length(const Processor::ViewInfo& view, int32_t length) {
  if (length < 0 || (view.max_length > 0 && length > view.max_length)) {
    throw ShapeError(
        fmt::format("a sequence of `{}` must have at most {} tokens, but has {} instead.",
                    view.name, view.max_length, length));
  }
}

void check_tokens(const Processor::ViewInfo& view, int64_t sample, int64_t all) {
  if (sample >= kMaxSampleTokens || all > std::numeric_limits<int32_t>::max()) {
    throw ShapeError(
        fmt::format("`{}` must have less than 2^22 tokens in a sample and 2^31 in a "
                    "micro-batch, but has {} and {} instead.",
                    view.name, sample, all));
  }
}

}  // namespace

Collator::Collator(std::vector<Field> fields, std::vector<Processor::ViewInfo> views)
    : fields_(std::move(fields)), views_(std::move(views)) {
  std::set<std::string> names = {"ordinal"};
  for (const Processor::ViewInfo& view : views_) {
    for (const char* part : {"", ".offsets", ".sample", ".max_length"}) {
      if (!names.insert(view.name + part).second) {
        throw InternalError(fmt::format("the processor declares the view '{}' twice", view.name));
      }
    }
  }
  for (const Field& field : fields_) {
    if (!names.insert(field.name).second) {
      throw InternalError(fmt::format("the processor declares `{}`, which is taken", field.name));
    }
    links_.push_back(link(field));
  }
}

int Collator::find_view(const std::string& name) const {
  const auto at = std::find_if(views_.begin(), views_.end(),
                               [&](const Processor::ViewInfo& view) { return view.name == name; });
  return at == views_.end() ? -1 : static_cast<int>(at - views_.begin());
}

Collator::Link Collator::link(const Field& field) const {
  Link link;
  if (field.form == FieldForm::kTokens || field.form == FieldForm::kRows) {
    const std::string view = field.view.empty() ? prefix_of(field.name) : field.view;
    link.view = find_view(view);
    if (link.view < 0) {
      throw InternalError(
          fmt::format("the processor declares `{}` over the view '{}', which it "
                      "does not declare",
                      field.name, view));
    }
  }
  if (field.form == FieldForm::kRows && field.dtype != DType::kInt32 &&
      field.dtype != DType::kInt64) {
    throw InternalError(fmt::format(
        "the processor declares `{}` as rows, which must be int32 or int64", field.name));
  }
  if (field.form == FieldForm::kItems) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].form == FieldForm::kRows &&
          prefix_of(fields_[i].name) == prefix_of(field.name)) {
        link.group = static_cast<int>(i);
      }
    }
  }
  return link;
}

Batch Collator::collate(std::span<const Sample> samples, std::span<const int64_t> ordinals) const {
  TP_ASSERT(samples.size() == ordinals.size() && !samples.empty());
  for (const Sample& sample : samples) {
    if (sample.columns.size() != fields_.size() || sample.lengths.size() != views_.size()) {
      throw ShapeError(
          fmt::format("a sample must have {} columns and {} views, but has {} and {} "
                      "instead.",
                      fields_.size(), views_.size(), sample.columns.size(), sample.lengths.size()));
    }
  }
  Batch batch;
  std::vector<Starts> starts;
  starts.reserve(views_.size());
  for (size_t v = 0; v < views_.size(); ++v) {
    starts.push_back(write_view(v, samples, batch));
  }
  for (size_t f = 0; f < fields_.size(); ++f) {
    write_field(f, samples, starts, batch);
  }
  at::Tensor ordinal = at::empty({static_cast<int64_t>(ordinals.size())}, at::kLong);
  std::memcpy(ordinal.mutable_data_ptr<int64_t>(), ordinals.data(), ordinals.size_bytes());
  batch.set("ordinal", std::move(ordinal));
  return batch;
}

Collator::Starts Collator::write_view(size_t v, std::span<const Sample> samples,
                                      Batch& batch) const {
  const Processor::ViewInfo& view = views_[v];
  int64_t sequences = 0;
  for (const Sample& sample : samples) {
    sequences += static_cast<int64_t>(sample.lengths[v].size());
  }
  at::Tensor offsets = at::empty({sequences + 1}, at::kInt);
  int32_t* offset = offsets.mutable_data_ptr<int32_t>();
  *offset++ = 0;
  Starts starts = {0};
  starts.reserve(samples.size() + 1);
  int64_t tokens = 0;
  int64_t longest = 0;
  for (const Sample& sample : samples) {
    for (const int32_t length : sample.lengths[v]) {
      check_length(view, length);
      tokens += length;
      longest = std::max<int64_t>(longest, length);
      *offset++ = static_cast<int32_t>(tokens);
    }
    check_tokens(view, tokens - starts.back(), tokens);
    starts.push_back(tokens);
  }
  batch.set(view.name + ".offsets", std::move(offsets));
  batch.set_number(view.name + ".max_length", longest);
  write_owners(v, samples, sequences, batch);
  return starts;
}

void Collator::write_owners(size_t v, std::span<const Sample> samples, int64_t sequences,
                            Batch& batch) const {
  if (std::all_of(samples.begin(), samples.end(),
                  [v](const Sample& sample) { return sample.lengths[v].size() == 1; })) {
    return;
  }
  at::Tensor owners = at::empty({sequences}, at::kInt);
  int32_t* owner = owners.mutable_data_ptr<int32_t>();
  for (size_t i = 0; i < samples.size(); ++i) {
    owner = std::fill_n(owner, samples[i].lengths[v].size(), static_cast<int32_t>(i));
  }
  batch.set(views_[v].name + ".sample", std::move(owners));
}

int64_t Collator::expected(size_t f, const Sample& sample, size_t index,
                           const std::vector<Starts>& starts) const {
  switch (fields_[f].form) {
    case FieldForm::kTokens: {
      const Starts& start = starts[static_cast<size_t>(links_[f].view)];
      return start[index + 1] - start[index];
    }
    case FieldForm::kSample:
      return values_per_sample(fields_[f]);
    case FieldForm::kItems:
      if (links_[f].group >= 0) {
        const auto group = static_cast<size_t>(links_[f].group);
        return static_cast<int64_t>(sample.columns[group].bytes.size() /
                                    element_size(fields_[group].dtype));
      }
      return -1;
    case FieldForm::kRows:
      return -1;
  }
  TP_ASSERT(false);
}

int64_t Collator::count_values(size_t f, std::span<const Sample> samples,
                               const std::vector<Starts>& starts) const {
  const Field& field = fields_[f];
  const size_t size = element_size(field.dtype);
  size_t total = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const size_t bytes = samples[i].columns[f].bytes.size();
    const int64_t values = expected(f, samples[i], i, starts);
    if (bytes % size != 0 || (values >= 0 && bytes / size != static_cast<size_t>(values))) {
      throw ShapeError(
          fmt::format("`{}` of a sample must have {} values of {} bytes, but has {} "
                      "bytes instead.",
                      field.name, values < 0 ? "some" : std::to_string(values), size, bytes));
    }
    total += bytes / size;
  }
  return static_cast<int64_t>(total);
}

void Collator::write_field(size_t f, std::span<const Sample> samples,
                           const std::vector<Starts>& starts, Batch& batch) const {
  const Field& field = fields_[f];
  std::vector<int64_t> shape = {count_values(f, samples, starts)};
  if (field.form == FieldForm::kSample) {
    shape = {static_cast<int64_t>(samples.size())};
    shape.insert(shape.end(), field.shape.begin(), field.shape.end());
  }
  at::Tensor tensor = at::empty(shape, scalar_type(field.dtype));
  auto* out = static_cast<uint8_t*>(tensor.mutable_data_ptr());
  for (size_t i = 0; i < samples.size(); ++i) {
    const Column& column = samples[i].columns[f];
    if (field.form == FieldForm::kRows) {
      const Starts& start = starts[static_cast<size_t>(links_[f].view)];
      const int64_t tokens = start[i + 1] - start[i];
      if (field.dtype == DType::kInt32) {
        copy_rows(field, column, start[i], tokens, reinterpret_cast<int32_t*>(out));
      } else {
        copy_rows(field, column, start[i], tokens, reinterpret_cast<int64_t*>(out));
      }
    } else if (!column.bytes.empty()) {
      std::memcpy(out, column.bytes.data(), column.bytes.size());
    }
    out += column.bytes.size();
  }
  batch.set(field.name, std::move(tensor));
}

}  // namespace tpretrain
