#include "tpretrain/interop/name_map.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "interop/families/families.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

std::string fill(const std::string& pattern, const std::string& number) {
  const size_t star = pattern.find('*');
  return star == std::string::npos ? pattern
                                   : pattern.substr(0, star) + number + pattern.substr(star + 1);
}

NameRule filled(const NameRule& rule, const std::string& number) {
  NameRule out = rule;
  for (std::string& name : out.ours) {
    name = fill(name, number);
  }
  for (std::string& name : out.theirs) {
    name = fill(name, number);
  }
  return out;
}

}  // namespace

const std::vector<WeightFamily>& weight_families() {
  static const std::vector<WeightFamily> families = {
      bert_hf(),   clip_open_clip(), clip_hf(), siglip_open_clip(),
      siglip_hf(), vit_timm(),       vit_hf()};
  return families;
}

const WeightFamily& weight_family(std::string_view name, std::string_view library) {
  std::string known;
  for (const WeightFamily& family : weight_families()) {
    if (family.name == name && family.library == library) {
      return family;
    }
    known += (known.empty() ? "" : ", ") + family.name + " of " + family.library;
  }
  throw NotFoundError(
      fmt::format("there is no map for {} of {}; there are: {}", name, library, known));
}

std::optional<std::string> match_name(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == name ? std::optional<std::string>("") : std::nullopt;
  }
  const std::string_view tail = pattern.substr(star + 1);
  if (name.size() <= star + tail.size() || !name.starts_with(pattern.substr(0, star)) ||
      !name.ends_with(tail)) {
    return std::nullopt;
  }
  const std::string_view number = name.substr(star, name.size() - star - tail.size());
  const bool digits =
      std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::optional<std::string>(number) : std::nullopt;
}

std::vector<NameRule> rules_for(const WeightFamily& family, const std::vector<std::string>& names) {
  const std::set<std::string> ours(names.begin(), names.end());
  std::set<std::string> taken;
  std::vector<NameRule> rules;
  const auto add_rule_of = [&](const std::string& name) {
    for (const NameRule& rule : family.rules) {
      for (const std::string& pattern : rule.ours) {
        const auto number = match_name(pattern, name);
        if (!number) {
          continue;
        }
        NameRule found = filled(rule, *number);
        if (std::all_of(found.ours.begin(), found.ours.end(),
                        [&ours](const std::string& n) { return ours.count(n) > 0; })) {
          taken.insert(found.ours.begin(), found.ours.end());
          rules.push_back(std::move(found));
          return;
        }
      }
    }
  };
  for (const std::string& name : names) {
    if (taken.count(name) == 0) {
      add_rule_of(name);
    }
  }
  return rules;
}

}  // namespace tpretrain
