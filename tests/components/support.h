/// What component tests share: a fake tokenizer, a fake corpus, small batches and gradient checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/module.h>

#include <gtest/gtest.h>

#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/core/component.h"
#include "tpretrain/core/model.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain::testing {

/// Ids 0-4 are [PAD] [UNK] [CLS] [SEP] [MASK]; those of `continuations` continue a word.
class FakeTokenizer : public Tokenizer {
 public:
  explicit FakeTokenizer(int64_t size = 100, std::vector<bool> continuations = {})
      : special_{2, 3, 4, 0, 1}, size_(size), continuations_(std::move(continuations)) {}

  void encode(std::string_view, std::vector<int32_t>&) const override {}

  std::string decode(std::span<const int32_t>) const override { return {}; }

  int64_t size() const override { return size_; }

  std::string piece(int32_t id) const override { return "p" + std::to_string(id); }

  bool continues_word(int32_t id) const override {
    return static_cast<size_t>(id) < continuations_.size() &&
           continuations_[static_cast<size_t>(id)];
  }

  const SpecialIds& special() const override { return special_; }

  std::string hash() const override { return "fake"; }

  std::string source() const override { return "fake.txt"; }

  SpecialIds& change_special() { return special_; }

 private:
  SpecialIds special_;
  int64_t size_;
  std::vector<bool> continuations_;
};

/// Documents of sentences of ids.
class FakeText : public TextSource {
 public:
  using Documents = std::vector<std::vector<std::vector<int32_t>>>;

  explicit FakeText(const Documents& documents) {
    for (const auto& document : documents) {
      first_.push_back(static_cast<int64_t>(sentences_.size()));
      sentences_.insert(sentences_.end(), document.begin(), document.end());
      counts_.push_back(static_cast<int64_t>(document.size()));
    }
  }

  int64_t items() const override { return documents(); }

  std::string hash() const override { return "fake"; }

  std::string sidecar() const override { return "corpus/fake"; }

  int64_t pieces() const override { return 0; }

  void check(int64_t) const override {}

  int64_t documents() const override { return static_cast<int64_t>(first_.size()); }

  int64_t first_sentence(int64_t document) const override { return first_.at(document); }

  int64_t sentence_count(int64_t document) const override { return counts_.at(document); }

  int64_t sentence_length(int64_t sentence) const override {
    return std::ssize(sentences_.at(sentence));
  }

  void read(int64_t sentence, int64_t begin, int64_t end,
            std::vector<int32_t>& ids) const override {
    const auto& from = sentences_.at(sentence);
    if (begin < 0 || begin > end || end > std::ssize(from)) {
      throw InternalError("read outside a sentence");
    }
    ids.insert(ids.end(), from.begin() + begin, from.begin() + end);
  }

 private:
  std::vector<int64_t> first_;
  std::vector<int64_t> counts_;
  std::vector<std::vector<int32_t>> sentences_;
};

/// Documents of 0-`most_sentences` sentences of 1-`most_tokens` ids in [10, 100).
inline FakeText::Documents random_documents(int count, int most_sentences, int most_tokens,
                                            uint64_t seed) {
  CounterRng rng(seed, 0);
  FakeText::Documents documents(static_cast<size_t>(count));
  for (auto& document : documents) {
    document.resize(rng.below(static_cast<uint64_t>(most_sentences) + 1));
    for (auto& sentence : document) {
      sentence.resize(1 + rng.below(static_cast<uint64_t>(most_tokens)));
      for (int32_t& id : sentence) {
        id = static_cast<int32_t>(10 + rng.below(90));
      }
    }
  }
  return documents;
}

/// The values of a column.
inline std::vector<int32_t> ints(const Column& column) {
  std::vector<int32_t> values(column.bytes.size() / sizeof(int32_t));
  std::memcpy(values.data(), column.bytes.data(), column.bytes.size());
  return values;
}

inline const Registry& components() {
  static const Registry registry = [] {
    Registry filled;
    register_builtin_components(filled);
    return filled;
  }();
  return registry;
}

inline Choice choice(const std::string& yaml) {
  Faults faults;
  Choice read = read_choice(parse_yaml(yaml, "test.yaml"), "test", faults);
  faults.raise_if_any();
  return read;
}

/// What is wrong with a component's config, a line each.
inline std::string faults_of(const std::string& kind, const std::string& yaml) {
  Faults faults;
  components().check(kind, choice(yaml), kind, faults);
  return join(faults.lines(), "\n");
}

/// Width 8, 11 vocabulary entries, 16 positions, one pass `main` over the view `text`.
inline BuildContext small_context(int64_t pooled = 0) {
  BuildContext context;
  context.width = 8;
  context.vocabulary = 11;
  context.positions = 16;
  context.component = "test component";
  context.pass = [pooled](const std::string& name) {
    return PassInfo{name.empty() ? "main" : name, "text", 8, pooled, 0};
  };
  return context;
}

template <typename Kind>
std::shared_ptr<Kind> build(const std::string& yaml, const BuildContext& context = small_context(),
                            uint64_t seed = 1, at::ScalarType dtype = at::kDouble) {
  return build_component<Kind>(components(), choice(yaml), context, seed, dtype);
}

inline std::shared_ptr<Processor> build_processor(const std::string& yaml,
                                                  std::shared_ptr<const Tokenizer> tokenizer,
                                                  uint64_t seed = 1) {
  return components().make<Processor>(choice(yaml), {std::move(tokenizer), seed, false});
}

/// Standard normal values that depend on the seed alone.
inline at::Tensor random_values(at::IntArrayRef shape, uint64_t seed,
                                at::ScalarType dtype = at::kDouble) {
  at::Tensor values = at::empty(shape, dtype);
  initialise(values, Init::normal(1), seed, "values");
  return values;
}

inline at::Tensor int_tensor(const std::vector<int32_t>& values) {
  return at::tensor(values, at::kInt);
}

/// View `text` with sequences of these lengths: ids below 11, segments 0 and 1, one sample each.
inline Batch text_batch(const std::vector<int32_t>& lengths, int64_t first_ordinal = 0) {
  std::vector<int32_t> offsets = {0};
  std::vector<int32_t> ids;
  std::vector<int32_t> segments;
  std::vector<int64_t> ordinals;
  int64_t longest = 0;
  for (const int32_t length : lengths) {
    ordinals.push_back(first_ordinal + std::ssize(ordinals));
    CounterRng rng(7, static_cast<uint64_t>(ordinals.back()));
    for (int32_t k = 0; k < length; ++k) {
      ids.push_back(static_cast<int32_t>(rng.below(11)));
      segments.push_back(2 * k < length ? 0 : 1);
    }
    offsets.push_back(offsets.back() + length);
    longest = std::max<int64_t>(longest, length);
  }
  Batch batch;
  batch.set("text.ids", int_tensor(ids));
  batch.set("text.segment", int_tensor(segments));
  batch.set("text.offsets", int_tensor(offsets));
  batch.set("ordinal", at::tensor(ordinals, at::kLong));
  batch.set_number("text.max_length", longest);
  return batch;
}

inline Layout layout_of(const Batch& batch) {
  Layout layout;
  layout.view = "text";
  layout.offsets = batch.at("text.offsets");
  layout.max_length = batch.number("text.max_length");
  std::tie(layout.positions, layout.token_key) =
      ops::token_index(layout.offsets, at::Tensor(), batch.at("ordinal"));
  return layout;
}

/// Random hidden states on the layout of a batch.
inline Sequence random_sequence(const Batch& batch, int64_t width, uint64_t seed = 3,
                                at::ScalarType dtype = at::kDouble) {
  Sequence sequence;
  sequence.layout = layout_of(batch);
  sequence.x = random_values({sequence.layout.tokens(), width}, seed, dtype);
  return sequence;
}

/// One pass whose output is given.
class FakePasses : public Passes {
 public:
  explicit FakePasses(PassOutput output, std::optional<SampleRange> own = {})
      : output_(std::move(output)), own_(own) {}

  const PassOutput& get(const std::string& pass) override {
    asked.push_back(pass);
    return output_;
  }

  PassOutput run(const std::string&, const Batch&) override { return output_; }

  std::optional<SampleRange> own() const override { return own_; }

  std::vector<std::string> asked;

 private:
  PassOutput output_;
  std::optional<SampleRange> own_;
};

inline Call training_call(uint64_t key = 5) {
  Call call;
  call.training = true;
  call.key = key;
  return call;
}

/// Parameter names with their shapes: "layers.0.ffn.norm.bias [8]".
inline std::vector<std::string> parameter_list(const torch::nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& entry : module.named_parameters()) {
    std::string shape;
    for (const int64_t size : entry.value().sizes()) {
      shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    }
    names.push_back(entry.key() + " [" + shape + "]");
  }
  return names;
}

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         std::memcmp(a.contiguous().const_data_ptr(), b.contiguous().const_data_ptr(),
                     a.numel() * a.element_size()) == 0;
}

inline void expect_near(const at::Tensor& actual, const at::Tensor& expected,
                        double tolerance = 1e-10) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  if (actual.numel() != 0) {
    EXPECT_LE((actual - expected).abs().max().item<double>(), tolerance) << actual << "\nexpected\n"
                                                                         << expected;
  }
}

/// A scalar that depends on every element of `y` with a weight of its own.
inline at::Tensor weighted_sum(const at::Tensor& y, uint64_t seed = 11) {
  return (y * random_values(y.sizes(), seed, y.scalar_type())).sum();
}

/// Compares the gradient of `loss` in every element of `leaves` (float64) with central differences.
inline void expect_gradients(const std::function<at::Tensor()>& loss,
                             std::vector<std::pair<std::string, at::Tensor>> leaves,
                             double tolerance = 2e-6) {
  for (auto& [name, leaf] : leaves) {
    if (leaf.grad().defined()) {
      leaf.mutable_grad().zero_();
    }
  }
  loss().backward();
  constexpr double kStep = 1e-5;
  for (auto& [name, leaf] : leaves) {
    ASSERT_TRUE(leaf.grad().defined()) << name;
    const at::Tensor analytic = leaf.grad().contiguous();
    ASSERT_TRUE(leaf.is_contiguous());
    auto* value = static_cast<double*>(leaf.data_ptr());
    for (int64_t i = 0; i < leaf.numel(); ++i) {
      const double kept = value[i];
      value[i] = kept + kStep;
      const double above = loss().item<double>();
      value[i] = kept - kStep;
      const double below = loss().item<double>();
      value[i] = kept;
      const double slope = (above - below) / (2 * kStep);
      const double got = analytic.const_data_ptr<double>()[i];
      EXPECT_NEAR(got, slope, tolerance * std::max(1.0, std::abs(slope)))
          << name << "[" << i << "]";
    }
  }
}

/// The parameters of a module, as leaves of a gradient check.
inline std::vector<std::pair<std::string, at::Tensor>> leaves_of(const torch::nn::Module& module) {
  std::vector<std::pair<std::string, at::Tensor>> leaves;
  for (const auto& entry : module.named_parameters()) {
    leaves.emplace_back(entry.key(), entry.value());
  }
  return leaves;
}

/// The message of the error that `run` throws, or "" when it throws none.
template <typename ErrorType>
std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "";
}

}  // namespace tpretrain::testing
