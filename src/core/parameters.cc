#include "tpretrain/core/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <torch/nn/module.h>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/shape_text.h"
#include "tpretrain/base/text.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {
namespace {

constexpr int64_t kAlignment = 64;  // elements: 256 bytes of float32

int64_t elements(const ParameterRequest& request) {
  int64_t product = 1;
  for (const int64_t size : request.shape) {
    if (size < 1 || __builtin_mul_overflow(product, size, &product) ||
        product > (int64_t{1} << 40)) {
      throw ConfigError("parameter '" + request.name + "' would be of impossible size, " +
                        shape_text(request.shape));
    }
  }
  return product;
}

using Names = std::vector<std::string>;
using Requests = std::map<std::string, const ParameterRequest*>;

Names names_of(const Requests& requests) {
  Names names;
  for (const auto& [name, request] : requests) {
    names.push_back(name);
  }
  return names;
}

/// Who owns what a name stands for: from the ties of components and the rules of a recipe.
class TieTable {
 public:
  TieTable(const Requests& requests, Faults& faults) : requests_(requests), faults_(faults) {}

  /// `owner` is a parameter, or a module whose weight is meant.
  void add(const std::string& name, const std::string& owner, const Mark& mark) {
    for (const std::string& candidate : {owner, owner + ".weight"}) {
      if (requests_.count(candidate) != 0) {
        if (candidate != name) {
          owners_[name] = candidate;
          marks_[name] = mark;
        }
        return;
      }
    }
    faults_.add(mark, "tie of '" + name + "': no parameter '" + owner + "'" +
                          suggestion(owner, names_of(requests_)));
  }

  void add(const Relation& rule) {
    bool any = false;
    for (const auto& [name, request] : requests_) {
      const std::string owner = rule.counterpart(name);
      if (!owner.empty()) {
        any = true;
        add(name, owner, rule.borrower.mark);
      }
    }
    if (!any) {
      faults_.add(rule.borrower.mark, "tie: pattern '" + rule.borrower.text +
                                          "' matches no parameter" +
                                          suggestion(rule.borrower.text, names_of(requests_)));
    }
  }

  /// Borrowed names and their last owners.
  std::map<std::string, std::string> resolve() const {
    std::map<std::string, std::string> last = last_owners(owners_);
    for (const auto& [name, first] : owners_) {
      const auto owner = last.find(name);
      if (owner == last.end()) {
        faults_.add(marks_.at(name), "tie of '" + name + "' runs in a circle");
      } else if (shape_of(name) != shape_of(owner->second)) {
        faults_.add(marks_.at(name), "tie: '" + name + "' is " + shape_of(name) + ", but '" +
                                         owner->second + "' is " + shape_of(owner->second));
      }
    }
    return last;
  }

 private:
  std::string shape_of(const std::string& name) const {
    return shape_text(requests_.at(name)->shape);
  }

  const Requests& requests_;
  Faults& faults_;
  std::map<std::string, std::string> owners_;
  std::map<std::string, Mark> marks_;
};

std::map<std::string, std::string> resolve_ties(const BuildPlan& plan,
                                                const std::vector<Relation>& rules,
                                                const Requests& requests, Faults& faults) {
  TieTable table(requests, faults);
  for (const TieRequest& tie : plan.ties) {
    table.add(tie.name, tie.owner, {});
  }
  for (const Relation& rule : rules) {
    table.add(rule);
  }
  return table.resolve();
}

void apply_freeze(const std::vector<NamePattern>& patterns, std::vector<Segment>& segments,
                  Faults& faults) {
  for (const NamePattern& pattern : patterns) {
    bool any = false;
    Names known;
    for (Segment& segment : segments) {
      known.push_back(segment.name);
      if (name_matches(pattern.text, segment.name)) {
        segment.frozen = true;
        any = true;
      }
    }
    if (!any) {
      faults.add(pattern.mark, "freeze: pattern '" + pattern.text + "' matches no parameter" +
                                   suggestion(pattern.text, known));
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
  Faults faults;
  ties_ = resolve_ties(plan, rules.ties, requests, faults);

  int64_t total = 0;
  std::vector<const ParameterRequest*> owners;
  for (const ParameterRequest& request : plan.parameters) {
    if (ties_.count(request.name) != 0) {
      continue;
    }
    const int64_t length = elements(request);
    segments_.push_back({request.name, request.shape, total, length, false, request.bounds});
    owners.push_back(&request);
    total += (length + kAlignment - 1) / kAlignment * kAlignment;
  }
  apply_freeze(rules.freeze, segments_, faults);
  faults.raise_if_any();

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
