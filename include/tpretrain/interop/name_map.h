/// Parameters under the names of other libraries: tables of rules, used in both directions.
/// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain {

/// How the numbers of our matrix lie in the foreign one.
enum class WeightLayout {
  kSame,
  kTransposed,  ///< [out, in] of ours is [in, out] there
  kPatches,     ///< [D, p*p*3], by row, column, channel, is a convolution [D, 3, p, p] there
};

/// The rows of our parameters, one after the other, are the rows of the foreign tensors, one after
/// the other and the same number in each: `qkv.weight` is query, key and value. In a pattern `*`
/// stands for one number, the same in all names of the rule.
struct NameRule {
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
  WeightLayout layout = WeightLayout::kSame;
  std::optional<int> ones;  ///< leading sizes of 1 there; absent: the shape is as ours
  bool grid = false;        ///< rows are positions of a square grid, which can be interpolated
};

/// One kind of model in the files of one library.
struct WeightFamily {
  std::string name;     ///< bert, clip, siglip, vit
  std::string library;  ///< hf, open_clip, timm
  std::vector<NameRule> rules;
  std::string base;                  ///< prefix that files of the model without heads leave out
  std::vector<std::string> ignored;  ///< patterns of tensors that hold nothing of their own
  std::map<std::string, std::string> ties = {};  ///< ours to its owner: tied in the library as well
};

/// Every family, the same order always.
const std::vector<WeightFamily>& weight_families();

/// The family; NotFoundError that lists those there are.
const WeightFamily& weight_family(std::string_view name, std::string_view library);

/// The number that `*` stands for when `name` fits `pattern`; "" for a pattern without `*`.
std::optional<std::string> match_name(std::string_view pattern, std::string_view name);

/// The rules of `family` for these parameters of ours, numbers filled in, in the order of `names`.
/// A rule is among them when all of its parameters are; a parameter is in at most one.
std::vector<NameRule> rules_for(const WeightFamily& family, const std::vector<std::string>& names);

}  // namespace tpretrain
