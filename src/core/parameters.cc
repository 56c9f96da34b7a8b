#include "tpretrain/core/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <torch/nn/module.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {
namespace {

constexpr int64_t kAlignment = 64;  // elements: 256 bytes of float32

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (const int64_t size : shape) {
    if (size < 1 || __builtin_mul_overflow(product, size, &product) ||
        product > (int64_t{1} << 40)) {
      throw ConfigError("a parameter of impossible size is asked for");
    }
  }
  return product;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) {
    sizes.push_back(std::to_string(size));
  }
  return "[" + join(sizes, ", ") + "]";
}

using Requests = std::map<std::string, const ParameterRequest*>;

/// The name of the parameter that `owner` stands for: itself, or the weight of a module.
std::string find_owner(const std::string& owner, const std::string& borrower,
                       const Requests& requests) {
  for (const std::string& candidate : {owner, owner + ".weight"}) {
    if (requests.count(candidate) != 0) {
      return candidate;
    }
  }
  std::vector<std::string> known;
  for (const auto& [name, request] : requests) {
    known.push_back(name);
  }
  throw ConfigError("tie of '" + borrower + "': no parameter '" + owner + "'" +
                    suggestion(owner, known));
}

std::map<std::string, std::string> resolve_ties(const BuildPlan& plan, const ParameterRules& rules,
                                                const Requests& requests) {
  std::map<std::string, std::string> direct;
  for (const TieRequest& tie : plan.ties) {
    direct[tie.name] = find_owner(tie.owner, tie.name, requests);
  }
  for (const auto& [name, owner] : rules.ties) {
    direct[find_owner(name, name, requests)] = find_owner(owner, name, requests);
  }
  std::map<std::string, std::string> resolved;
  for (const auto& [name, first] : direct) {
    std::string owner = first;
    for (size_t hops = 0; direct.count(owner) != 0; ++hops) {
      if (hops > direct.size()) {
        throw ConfigError("tie of '" + name + "' runs in a circle");
      }
      owner = direct.at(owner);
    }
    if (requests.at(name)->shape != requests.at(owner)->shape) {
      throw ConfigError("tie: '" + name + "' is " + shape_text(requests.at(name)->shape) +
                        ", but '" + owner + "' is " + shape_text(requests.at(owner)->shape));
    }
    resolved[name] = owner;
  }
  return resolved;
}

void apply_freeze(const std::vector<std::string>& patterns, std::vector<Segment>& segments) {
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (Segment& segment : segments) {
      if (name_matches(pattern, segment.name)) {
        segment.frozen = true;
        any = true;
      }
    }
    if (!any) {
      std::vector<std::string> known;
      for (const Segment& segment : segments) {
        known.push_back(segment.name);
      }
      throw ConfigError("freeze: pattern '" + pattern + "' matches no parameter" +
                        suggestion(pattern, known));
    }
  }
}

}  // namespace

void ParameterBuffer::build(BuildPlan& plan, const ParameterRules& rules, uint64_t seed,
                            at::ScalarType dtype) {
  Requests requests;
  for (const ParameterRequest& request : plan.parameters) {
    if (!requests.emplace(request.name, &request).second) {
      throw ConfigError("two parameters are named '" + request.name + "'");
    }
  }
  ties_ = resolve_ties(plan, rules, requests);

  int64_t total = 0;
  std::vector<const ParameterRequest*> owners;
  for (const ParameterRequest& request : plan.parameters) {
    if (ties_.count(request.name) != 0) {
      continue;
    }
    const int64_t length = elements(request.shape);
    segments_.push_back({request.name, request.shape, total, length, false, request.bounds});
    owners.push_back(&request);
    total += (length + kAlignment - 1) / kAlignment * kAlignment;
  }
  apply_freeze(rules.freeze, segments_);

  const auto options = at::TensorOptions().dtype(dtype);
  flat_ = at::zeros({total}, options);
  grad_ = at::zeros({total}, options);
  for (size_t i = 0; i < owners.size(); ++i) {
    at::Tensor parameter = view_of(flat_, segments_[i]);
    initialise(parameter, owners[i]->init, seed, segments_[i].name);
    *owners[i]->value = owners[i]->module->register_parameter(owners[i]->local_name, parameter,
                                                              !segments_[i].frozen);
    bound_.push_back({*owners[i]->value, static_cast<int64_t>(i)});
  }
  for (const auto& [name, owner] : ties_) {
    *requests.at(name)->value = *requests.at(owner)->value;
  }
  bind();
}

at::Tensor ParameterBuffer::view_of(const at::Tensor& buffer, const Segment& segment) const {
  // Not an autograd view: a tensor of its own over the buffer's storage.
  std::vector<int64_t> strides(segment.shape.size(), 1);
  for (size_t i = strides.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * segment.shape[i];
  }
  return at::empty({0}, buffer.options())
      .set_(buffer.storage(), segment.offset, segment.shape, strides);
}

void ParameterBuffer::bind() {
  for (const Bound& bound : bound_) {
    const Segment& segment = segments_[bound.segment];
    at::Tensor parameter = bound.parameter;
    if (parameter.data_ptr() !=
        static_cast<char*>(flat_.data_ptr()) + segment.offset * flat_.element_size()) {
      parameter.set_data(view_of(flat_, segment));
    }
    if (!segment.frozen) {
      parameter.mutable_grad() = view_of(grad_, segment);
    }
  }
}

at::Tensor ParameterBuffer::parameter(const std::string& name) const {
  const auto tied = ties_.find(name);
  const Segment* segment = find(tied == ties_.end() ? name : tied->second);
  return segment == nullptr ? at::Tensor() : view_of(flat_, *segment);
}

const Segment* ParameterBuffer::find(const std::string& name) const {
  for (const Segment& segment : segments_) {
    if (segment.name == name) {
      return &segment;
    }
  }
  return nullptr;
}

int64_t ParameterBuffer::trained() const {
  int64_t count = 0;
  for (const Segment& segment : segments_) {
    count += segment.frozen ? 0 : segment.length;
  }
  return count;
}

void ParameterBuffer::zero_grad() {
  grad_.zero_();
}

void ParameterBuffer::clamp() {
  for (const Segment& segment : segments_) {
    if (segment.bounds.any() && !segment.frozen) {
      flat_.slice(0, segment.offset, segment.offset + segment.length)
          .clamp_(segment.bounds.low, segment.bounds.high);
    }
  }
}

void ParameterBuffer::move_to(const at::Device& device) {
  if (flat_.device() == device) {
    return;
  }
  flat_ = flat_.to(flat_.options().device(device));
  grad_ = grad_.to(grad_.options().device(device));
  bind();
}

void ParameterBuffer::check_views() {
  const char* flat = static_cast<const char*>(flat_.data_ptr());
  const char* grad = static_cast<const char*>(grad_.data_ptr());
  for (const Bound& bound : bound_) {
    const Segment& segment = segments_[bound.segment];
    const int64_t bytes = segment.offset * flat_.element_size();
    if (bound.parameter.data_ptr() != flat + bytes) {
      throw InternalError("parameter '" + segment.name +
                          "' no longer points into the flat buffer: it was replaced from outside");
    }
    if (segment.frozen) {
      continue;
    }
    const at::Tensor& current = bound.parameter.grad();
    if (current.defined() && current.data_ptr() == grad + bytes) {
      continue;
    }
    at::Tensor view = view_of(grad_, segment);
    if (current.defined()) {
      view.add_(current);
    }
    at::Tensor parameter = bound.parameter;
    parameter.mutable_grad() = view;
  }
}

}  // namespace tpretrain
