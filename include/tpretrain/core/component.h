/// The module kinds a model is made of. They are `torch::nn::Module`s, so that a component drops
/// into any LibTorch program. Shapes: T tokens, S sequences, D width (style: x_TD).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "tpretrain/core/batch.h"
#include "tpretrain/core/build.h"
#include "tpretrain/core/sequence.h"
#include "tpretrain/ops/types.h"

namespace tpretrain {

/// How a part is called: set by the pass that calls it, never by the part.
struct Call {
  bool training = false;
  uint64_t key = 0;           ///< hash64(seed, pass name): the root of all draws in this pass
  int64_t first_layer = 0;    ///< encoders: run layers [first_layer, last_layer)
  int64_t last_layer = -1;    ///< -1: to the end, final norm included
  std::string route;          ///< mixture encoders: which experts
  std::vector<int64_t> keep;  ///< states that a later part reads: k is the input of layer k

  /// Dropout of one site in this pass; off when not training.
  ops::Dropout dropout(uint64_t site, double p) const;
};

/// What the embeddings of a list add up: rows of tables and dense terms.
struct EmbeddingSum {
  std::vector<at::Tensor> tables;   ///< [V_i, D]
  std::vector<at::Tensor> indices;  ///< [T]
  std::vector<at::Tensor> dense;    ///< [T, D] or [D]

  void add(const at::Tensor& table, const at::Tensor& index);
  void add(const at::Tensor& term);
};

/// Also fills the target-embedding slot.
class Embedding : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "embedding";
  using Context = Build;
  /// The first embedding of a list lays the sequence out (`layout` is not yet defined); all append
  /// their term to `sum`.
  virtual void add(const View& view, Layout& layout, EmbeddingSum& sum, const Call& call) = 0;

  /// Longest sequence that it lays out, where that is fixed (a grid of patches); 0: the data say.
  virtual int64_t positions() const { return 0; }
};

class Encoder : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "encoder";
  using Context = Build;
  virtual Sequence forward(Sequence sequence, const Call& call) = 0;
  virtual int64_t width() const = 0;  ///< D of input and output
  virtual int64_t layers() const = 0;
};

class Decoder : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "decoder";
  using Context = Build;
  virtual Sequence forward(Sequence target, const Sequence& memory, const Call& call) = 0;
  virtual int64_t width() const = 0;
};

class Pool : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "pool";
  using Context = Build;
  /// [S, D]
  virtual at::Tensor forward(const Sequence& sequence, const Call& call) = 0;
  virtual int64_t width() const = 0;
};

/// What a pass yields.
struct PassOutput {
  Sequence sequence;
  at::Tensor pooled;     ///< [S, D]; undefined without a pool
  at::Tensor projected;  ///< [S, P], or [T, P] without a pool; undefined without a projection

  /// The last of projected, pooled that is defined. Errors: ConfigError when neither is.
  const at::Tensor& features() const;
};

/// Samples [first, first + count) of those that Passes shows.
struct SampleRange {
  int64_t first = 0;
  int64_t count = 0;
};

/// The passes of one micro-batch: evaluated on first use, at most once each.
class Passes {
 public:
  virtual ~Passes() = default;
  /// "" is the model's first pass.
  virtual const PassOutput& get(const std::string& pass) = 0;
  /// Runs a pass on other inputs (mined negatives); not kept.
  virtual PassOutput run(const std::string& pass, const Batch& batch) = 0;

  /// The samples whose losses are summed when a coupled target is shown a whole step: the others
  /// are there to be compared with. Nothing: all.
  virtual std::optional<SampleRange> own() const { return std::nullopt; }
};

/// What a target must see of a whole step, micro-batches and ranks together.
struct Coupling {
  std::vector<std::string> passes;  ///< whose features it reads
  std::vector<std::string> fields;  ///< batch names that it reads, one value a sample each
};

/// Items by loss name: what the denominators of the step are made of.
using Counts = std::map<std::string, double>;

/// SUMS over items, never means: the step divides by counts over the global batch.
struct LossTerm {
  std::string name;  ///< of the target, or "target.part" when it has several
  at::Tensor sum;    ///< [] with gradient
  double weight = 1;
  at::Tensor correct;  ///< [] float32, number of right predictions; undefined: no accuracy
};

using Losses = std::vector<LossTerm>;

class Target : public torch::nn::Module {
 public:
  static constexpr const char* kKind = "target";
  using Context = Build;
  /// Items per loss, from the batch alone (labels, pairs, rows).
  virtual Counts count(const Batch& batch) const = 0;

  /// Not empty for losses that compare samples with each other (contrastive ones).
  virtual Coupling coupled() const { return {}; }

  /// The passes it reads, for checks before any data are touched.
  virtual std::vector<std::string> passes() const = 0;
  virtual Losses forward(Passes& passes, const Batch& batch, const Call& call) = 0;

  /// Batch name of the token ids that it predicts ("mlm.labels"); empty: it predicts no tokens.
  virtual std::string token_labels() const { return {}; }

  /// Scores of every vocabulary entry at rows of the pass's sequence: [R, V].
  virtual at::Tensor token_scores(Passes& passes, const at::Tensor& rows, const Call& call);

  const std::string& name() const noexcept { return name_; }

  void set_name(std::string name) { name_ = std::move(name); }

 private:
  std::string name_;
};

}  // namespace tpretrain
