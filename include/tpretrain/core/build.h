/// Building modules in two phases. Constructors only record what they need; ties, freezes and
/// groups are resolved from the records, then flat buffers are laid out, every parameter is
/// registered once in the module that asked for it, and the handles are filled.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace torch::nn {
class Module;
}

namespace tpretrain {

/// Initial values, drawn on the CPU in float32 from (seed, full name).
struct Init {
  enum class Kind { kConstant, kNormal, kTruncatedNormal, kUniform };
  Kind kind = Kind::kConstant;
  double a = 0;  ///< constant, standard deviation, or lower bound
  double b = 0;  ///< upper bound of kUniform

  static Init zeros() { return {}; }

  static Init ones() { return {Kind::kConstant, 1, 0}; }

  static Init constant(double value) { return {Kind::kConstant, value, 0}; }

  static Init normal(double deviation) { return {Kind::kNormal, deviation, 0}; }

  /// Redrawn outside two standard deviations (Devlin et al. 2019 use 0.02).
  static Init truncated_normal(double deviation) { return {Kind::kTruncatedNormal, deviation, 0}; }

  static Init uniform(double low, double high) { return {Kind::kUniform, low, high}; }
};

/// Values that a parameter is brought back to after every update: a logit scale has a ceiling.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  bool any() const {
    return low > -std::numeric_limits<double>::infinity() ||
           high < std::numeric_limits<double>::infinity();
  }
};

/// A handle that is filled when the model is laid out. Cheap to copy.
class Parameter {
 public:
  Parameter() = default;

  const at::Tensor& operator*() const { return *value_; }

  const at::Tensor* operator->() const { return value_.get(); }

  /// False for a default-constructed handle: "this component has no bias".
  explicit operator bool() const { return value_ != nullptr; }

  /// The tensor, or an undefined one for an empty handle.
  at::Tensor tensor() const { return value_ ? *value_ : at::Tensor(); }

 private:
  friend class Build;
  friend class BuildPlan;
  std::shared_ptr<at::Tensor> value_;
};

struct ParameterRequest {
  std::string name;  ///< full dotted name
  std::vector<int64_t> shape;
  Init init;
  torch::nn::Module* module = nullptr;  ///< where it is registered
  std::string local_name;
  std::shared_ptr<at::Tensor> value;
  Bounds bounds;
};

struct TieRequest {
  std::string name;   ///< the parameter that borrows
  std::string owner;  ///< a parameter, or a module below which a parameter `weight` stands
};

/// Everything that the constructors of one model recorded.
class BuildPlan {
 public:
  std::vector<ParameterRequest> parameters;
  std::vector<TieRequest> ties;
};

/// What a pass offers to those who read it, known before any tensor exists.
struct PassInfo {
  std::string name;
  std::string view;       ///< the view of its (first) input
  int64_t width = 0;      ///< of the hidden states
  int64_t pooled = 0;     ///< width after `pool`; 0 without one
  int64_t projected = 0;  ///< width after `project`; 0 without one

  /// Width of PassOutput::features.
  int64_t features() const { return projected != 0 ? projected : pooled; }
};

/// What components may infer instead of being told; 0 or empty: not known.
struct BuildContext {
  int64_t width = 0;       ///< of the hidden states that this component produces or reads
  int64_t vocabulary = 0;  ///< entries of the tokenizer
  int64_t positions = 0;   ///< longest sequence of the view
  std::string component;   ///< "encoder 'transformer'": for messages
  /// For targets: what a pass offers; "" means the model's first pass. Throws ConfigError.
  std::function<PassInfo(const std::string&)> pass;
};

class Build {
 public:
  Build(BuildPlan& plan, std::string path, BuildContext context)
      : plan_(&plan), path_(std::move(path)), context_(std::move(context)) {}

  /// The same build bound to the module whose constructor runs: `auto b = build.on(*this);`
  Build on(torch::nn::Module& module) const;

  /// Asks for a parameter of the bound module. `name` holds no dots.
  Parameter parameter(const std::string& name, std::vector<int64_t> shape, Init init,
                      Bounds bounds = {});
  /// Asks to borrow `owner` instead (a recipe's `tie:` key). Shape is checked when resolved.
  Parameter tied(const std::string& name, std::vector<int64_t> shape, const std::string& owner);

  /// A real submodule of the bound module, made on first use: `layers` holding `0`, `1`, ...
  Build child(const std::string& name);
  Build child(const std::string& name, int64_t index);

  /// The build of a component that becomes the child `name` (registered by the caller).
  Build below(const std::string& name, BuildContext context) const;

  /// The identity of a random site (dropout) of this module, for Call::dropout.
  uint64_t site(const std::string& name) const;

  const std::string& path() const noexcept { return path_; }

  const BuildContext& context() const noexcept { return context_; }

  BuildContext& context() noexcept { return context_; }

  /// A stated value, or the inferred one when it is 0; neither is a ConfigError naming `key`.
  int64_t infer(int64_t stated, int64_t inferred, const std::string& key) const;

 private:
  BuildPlan* plan_;
  std::string path_;
  BuildContext context_;
  torch::nn::Module* module_ = nullptr;
};

}  // namespace tpretrain
