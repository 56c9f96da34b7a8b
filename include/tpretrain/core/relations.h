/// What a recipe says of parameters and parts by name: the pieces of `tie`, `share` and `freeze`.
/// Torch-free.
#pragma once

#include <map>
#include <string>

#include "tpretrain/base/node.h"

namespace tpretrain {

/// A pattern over dotted names (name_matches: a plain name stands for everything below it).
struct NamePattern {
  std::string text;
  Mark mark;
};

/// Whatever the pattern stands for takes the place of its counterpart in `owner`:
/// `encoder.layers.*: encoder.layers.0` gives all layers the parameters of the first.
struct Relation {
  NamePattern borrower;
  std::string owner;

  /// "encoder.layers.0.norm.weight" of "encoder.layers.3.norm.weight"; empty: no match.
  std::string counterpart(const std::string& name) const;
};

/// The last owner of each borrowed name. Names whose chain runs in a circle are left out.
std::map<std::string, std::string> last_owners(const std::map<std::string, std::string>& owners);

}  // namespace tpretrain
