/// Parameters and gradients as views of flat buffers with a segment table: one launch updates all,
/// one range is one all-reduce bucket or one optimizer shard.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tpretrain/core/build.h"
#include "tpretrain/core/relations.h"

namespace tpretrain {

/// One parameter in the flat buffer. Offsets and lengths in elements; offsets are 256-byte aligned.
struct Segment {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0;
  int64_t length = 0;
  bool frozen = false;
  Bounds bounds;
};

/// What the recipe says about parameters by name.
struct ParameterRules {
  std::vector<Relation> ties;
  std::vector<NamePattern> freeze;
};

class ParameterBuffer {
 public:
  /// Lays out, initialises and registers every request of `plan` and fills its handles.
  /// Errors: ConfigError with every rule that matches nothing or ties what does not fit.
  void build(BuildPlan& plan, const ParameterRules& rules, uint64_t seed,
             at::ScalarType dtype = at::kFloat);

  const at::Tensor& flat() const noexcept { return flat_; }

  const at::Tensor& grad() const noexcept { return grad_; }

  const std::vector<Segment>& segments() const noexcept { return segments_; }

  /// Borrowed names and their owners, ties resolved.
  const std::map<std::string, std::string>& ties() const noexcept { return ties_; }

  /// A view of one parameter; an undefined tensor when there is none of that name.
  at::Tensor parameter(const std::string& name) const;
  /// Segment of a name; null when there is none.
  const Segment* find(const std::string& name) const;
  /// Trained scalars: tied ones once, padding and frozen ones not.
  int64_t trained() const;

  void zero_grad();
  /// Brings trained parameters back into their bounds: what follows an optimizer step.
  void clamp();
  void move_to(const at::Device& device);
  /// Checks that every registered parameter and gradient still points into its buffer; rebinds a
  /// gradient that was replaced (adding what it held) and throws InternalError for a parameter.
  void check_views();

 private:
  struct Bound {
    at::Tensor parameter;
    int64_t segment;
  };

  at::Tensor view_of(const at::Tensor& buffer, const Segment& segment) const;
  void bind();

  at::Tensor flat_;
  at::Tensor grad_;
  std::vector<Segment> segments_;
  std::vector<Bound> bound_;
  std::map<std::string, std::string> ties_;
};

/// Fills `out` (CPU, float32 or float64, contiguous) with draws of `init` for (seed, name).
void initialise(const at::Tensor& out, const Init& init, uint64_t seed, const std::string& name);

}  // namespace tpretrain
