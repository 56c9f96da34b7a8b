#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>

#include "interop/layout.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

using Slots = std::map<std::string, const WeightSlot*>;

/// Names that no rule covers.
std::vector<std::string> uncovered(const std::vector<NameRule>& rules,
                                   const std::vector<std::string>& names) {
  std::set<std::string> covered;
  for (const NameRule& rule : rules) {
    covered.insert(rule.ours.begin(), rule.ours.end());
  }
  std::vector<std::string> rest;
  std::copy_if(names.begin(), names.end(), std::back_inserter(rest),
               [&covered](const std::string& name) { return covered.count(name) == 0; });
  return rest;
}

/// Parameters that a file of the family has to hold.
std::vector<std::string> stored_names(const WeightFamily& family,
                                      std::span<const WeightSlot> slots) {
  std::vector<std::string> names;
  for (const WeightSlot& slot : slots) {
    const auto tie = family.ties.find(slot.name);
    if (slot.owner.empty() || tie == family.ties.end() || tie->second != slot.owner) {
      names.push_back(slot.name);
    }
  }
  return names;
}

/// The family of `library` with a rule for every parameter.
const WeightFamily& covering_family(std::string_view library, std::span<const WeightSlot> slots) {
  const WeightFamily* nearest = nullptr;
  std::vector<std::string> rest;
  std::set<std::string> libraries;
  for (const WeightFamily& family : weight_families()) {
    libraries.insert(family.library);
    if (family.library != library) {
      continue;
    }
    const std::vector<std::string> names = stored_names(family, slots);
    std::vector<std::string> left = uncovered(rules_for(family, names), names);
    if (nearest == nullptr || left.size() < rest.size()) {
      nearest = &family;
      rest = std::move(left);
    }
  }
  if (nearest == nullptr) {
    throw NotFoundError(fmt::format("unknown library '{}'; there are: {}", library,
                                    join({libraries.begin(), libraries.end()}, ", ")));
  }
  if (!rest.empty()) {
    throw ConfigError(fmt::format(
        "{} has no place for '{}'{}; the nearest model there is {}", library, rest.front(),
        rest.size() > 1 ? fmt::format(" and {} more", rest.size() - 1) : "", nearest->name));
  }
  return *nearest;
}

void append_rule(const NameRule& rule, const Slots& slots, std::vector<ForeignWeight>& out) {
  std::vector<Shape> shapes;
  std::vector<float> ours;
  for (const std::string& name : rule.ours) {
    const WeightSlot& slot = *slots.at(name);
    shapes.push_back(slot.shape);
    ours.insert(ours.end(), slot.data.begin(), slot.data.end());
  }
  const Shape shape = stacked_shape(rule, shapes);
  std::vector<float> theirs(ours.size());
  to_theirs(rule.layout, shape, ours, theirs);
  const std::vector<Shape> parts = part_shapes(rule, foreign_shape(rule, shape));
  auto at = theirs.begin();
  for (size_t i = 0; i < parts.size(); ++i) {
    ForeignWeight weight;
    weight.spec = {rule.theirs[i], TensorType::kF32, parts[i]};
    const auto count = static_cast<std::ptrdiff_t>(weight.spec.bytes() / sizeof(float));
    TP_ASSERT(theirs.end() - at >= count);
    weight.data.assign(at, at + count);
    at += count;
    out.push_back(std::move(weight));
  }
}

}  // namespace

SafetensorsTensor ForeignWeight::tensor() const {
  SafetensorsTensor tensor;
  static_cast<SafetensorsSpec&>(tensor) = spec;
  tensor.data = std::as_bytes(std::span(data));
  return tensor;
}

ExportedWeights export_weights(std::string_view library, std::span<const WeightSlot> slots) {
  Slots by_name;
  for (const WeightSlot& slot : slots) {
    by_name.emplace(slot.name, &slot);
  }
  const WeightFamily& family = covering_family(library, slots);
  ExportedWeights exported;
  exported.family = family.name;
  for (const NameRule& rule : rules_for(family, stored_names(family, slots))) {
    append_rule(rule, by_name, exported.weights);
  }
  return exported;
}

}  // namespace tpretrain
