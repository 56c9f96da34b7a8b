/// Runs a component of any module kind on a small batch and gives back one tensor: [T, D] for
/// embeddings and encoders, [S, D] for pools, the loss sums for targets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/components/support.h"

namespace tpretrain::testing {

inline const Registry::Entry& entry_of(const std::string& kind, const std::string& name) {
  return *components().find(kind, name);
}

inline std::string sample_path(const Registry::Entry& entry) {
  return std::string(TP_SOURCE_DIR) + "/configs/components/" + entry.kind + "/" + entry.info.name +
         ".yaml";
}

inline Choice sample_choice(const Registry::Entry& entry) {
  Faults faults;
  Choice choice = read_choice(read_yaml(sample_path(entry)), entry.kind, faults);
  faults.raise_if_any();
  return choice;
}

/// [B, 4, 4, 3] bytes that depend on the sample alone.
inline at::Tensor small_pictures(int64_t samples, int64_t first_ordinal) {
  at::Tensor pixels = at::empty({samples, 4, 4, 3}, at::kByte);
  auto* out = pixels.mutable_data_ptr<uint8_t>();
  for (int64_t b = 0; b < samples; ++b) {
    CounterRng rng(13, static_cast<uint64_t>(first_ordinal + b));
    for (int i = 0; i < 48; ++i) {
      *out++ = static_cast<uint8_t>(rng.below(256));
    }
  }
  return pixels;
}

/// A batch with everything that components read: what a processor of each kind would write.
inline Batch full_batch(const std::vector<int32_t>& lengths, int64_t first_ordinal = 0) {
  Batch batch = text_batch(lengths, first_ordinal);
  std::vector<int32_t> masked;
  std::vector<int32_t> next;
  std::vector<int32_t> pairs;
  int32_t begin = 0;
  for (const int32_t length : lengths) {
    pairs.push_back(length % 2);
    masked.push_back(begin + length / 2);
    for (int32_t k = 0; k + 1 < length; ++k) {
      next.push_back(begin + k);
    }
    begin += length;
  }
  const at::Tensor ids = batch.at("text.ids");
  batch.set("mlm.rows", int_tensor(masked));
  batch.set("mlm.labels", ids.index_select(0, int_tensor(masked)));
  batch.set("lm.rows", int_tensor(next));
  batch.set("lm.labels", ids.index_select(0, int_tensor(next) + 1));
  batch.set("pair.label", int_tensor(pairs));
  batch.set("class.label", int_tensor(pairs));
  batch.set("text.pixels", small_pictures(std::ssize(lengths), first_ordinal));
  return batch;
}

class Driver {
 public:
  virtual ~Driver() = default;
  virtual torch::nn::Module& module() = 0;
  /// `x`: hidden states for kinds that read them.
  virtual at::Tensor run(const Batch& batch, const at::Tensor& x, const Call& call) = 0;

  virtual int64_t width() const { return 8; }

  /// True when the result has a row per token or sequence; false for sums.
  virtual bool rows() const { return true; }
};

class EmbeddingDriver : public Driver {
 public:
  EmbeddingDriver(const Registry::Entry& entry, const Choice& choice, uint64_t seed,
                  at::ScalarType dtype) {
    const auto& reads = entry.info.reads;
    lays_out_ = std::find(reads.begin(), reads.end(), "{view}.pixels") != reads.end();
    const BuildContext context = small_context();
    embedding_ = build_component<Embedding>(components(), choice, context, seed, dtype);
    width_ = context.width;
    for (const auto& parameter : embedding_->named_parameters()) {
      width_ = lays_out_ ? context.width : parameter.value().size(-1);
    }
    dtype_ = dtype;
  }

  torch::nn::Module& module() override { return *embedding_; }

  at::Tensor run(const Batch& batch, const at::Tensor&, const Call& call) override {
    Layout layout;
    EmbeddingSum sum;
    if (!lays_out_) {
      layout = layout_of(batch);
      sum.add(at::zeros({layout.tokens(), width_}, dtype_));
    }
    embedding_->add(View(batch, "text"), layout, sum, call);
    return ops::embedding_sum(sum.tables, sum.indices, sum.dense, at::Tensor(), at::Tensor(),
                              ops::NormKind::kNone, 0, {}, layout.token_key);
  }

 private:
  std::shared_ptr<Embedding> embedding_;
  int64_t width_;
  at::ScalarType dtype_;
  bool lays_out_;  ///< a picture's patches, not the tokens of a text
};

class EncoderDriver : public Driver {
 public:
  EncoderDriver(const Choice& choice, uint64_t seed, at::ScalarType dtype)
      : encoder_(build_component<Encoder>(components(), choice, small_context(), seed, dtype)) {}

  torch::nn::Module& module() override { return *encoder_; }

  at::Tensor run(const Batch& batch, const at::Tensor& x, const Call& call) override {
    return encoder_->forward({x, layout_of(batch), {}}, call).x;
  }

  int64_t width() const override { return encoder_->width(); }

 private:
  std::shared_ptr<Encoder> encoder_;
};

class PoolDriver : public Driver {
 public:
  PoolDriver(const Choice& choice, uint64_t seed, at::ScalarType dtype)
      : pool_(build_component<Pool>(components(), choice, small_context(), seed, dtype)) {}

  torch::nn::Module& module() override { return *pool_; }

  at::Tensor run(const Batch& batch, const at::Tensor& x, const Call& call) override {
    return pool_->forward({x, layout_of(batch), {}}, call);
  }

 private:
  std::shared_ptr<Pool> pool_;
};

class TargetDriver : public Driver {
 public:
  /// Takes the first kind of pass that the target accepts: plain, pooled, or projected tokens.
  TargetDriver(const Choice& choice, uint64_t seed, at::ScalarType dtype) {
    for (const auto& [pooled, projected] : {std::pair{0, 0}, std::pair{8, 0}, std::pair{0, 8}}) {
      BuildContext context = small_context();
      context.pass = [pooled = pooled, projected = projected](const std::string& name) {
        return PassInfo{name.empty() ? "main" : name, "text", 8, pooled, projected};
      };
      try {
        target_ = build_component<Target>(components(), choice, context, seed, dtype);
        pooled_ = pooled != 0;
        projected_ = projected != 0;
        return;
      } catch (const ConfigError&) {
        continue;
      }
    }
    throw InternalError("no kind of pass suits target '" + choice.name + "'");
  }

  torch::nn::Module& module() override { return *target_; }

  at::Tensor run(const Batch& batch, const at::Tensor& x, const Call& call) override {
    PassOutput output{{x, layout_of(batch), {}}, {}, {}};
    if (pooled_) {
      const Layout& layout = output.sequence.layout;
      output.pooled = ops::gather_rows(x, layout.offsets.narrow(0, 0, layout.sequences()));
    }
    if (projected_) {
      output.projected = x;
    }
    FakePasses passes(output, own_);
    at::Tensor total = at::zeros({}, x.options());
    for (const LossTerm& term : target_->forward(passes, batch, call)) {
      total = total + term.weight * term.sum;
    }
    return total;
  }

  bool rows() const override { return false; }

  bool coupled() const { return !target_->coupled().passes.empty(); }

  /// Only the losses of these samples are summed from now on.
  void own(SampleRange range) { own_ = range; }

 private:
  std::shared_ptr<Target> target_;
  bool pooled_ = false;
  bool projected_ = false;
  std::optional<SampleRange> own_;
};

/// Null for kinds that are no modules.
inline std::unique_ptr<Driver> make_driver(const Registry::Entry& entry, uint64_t seed = 1,
                                           at::ScalarType dtype = at::kDouble) {
  const Choice choice = sample_choice(entry);
  if (entry.kind == "embedding") {
    return std::make_unique<EmbeddingDriver>(entry, choice, seed, dtype);
  }
  if (entry.kind == "encoder") {
    return std::make_unique<EncoderDriver>(choice, seed, dtype);
  }
  if (entry.kind == "pool") {
    return std::make_unique<PoolDriver>(choice, seed, dtype);
  }
  if (entry.kind == "target") {
    return std::make_unique<TargetDriver>(choice, seed, dtype);
  }
  return nullptr;
}

/// Names of the entries, "kind/name", of the given kinds; all kinds of components by default.
inline std::vector<std::string> entry_names(const std::vector<std::string>& kinds = {
                                                "embedding", "encoder", "decoder", "pool", "target",
                                                "processor"}) {
  std::vector<std::string> names;
  for (const Registry::Entry& entry : components().entries()) {
    if (std::find(kinds.begin(), kinds.end(), entry.kind) != kinds.end()) {
      names.push_back(entry.kind + "/" + entry.info.name);
    }
  }
  return names;
}

inline const Registry::Entry& entry_named(const std::string& name) {
  const size_t slash = name.find('/');
  return entry_of(name.substr(0, slash), name.substr(slash + 1));
}

/// "encoder/transformer" as a test name.
inline std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace tpretrain::testing
