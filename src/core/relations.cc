#include "tpretrain/core/relations.h"

#include <algorithm>
#include <string_view>

#include "tpretrain/base/text.h"

namespace tpretrain {

std::string Relation::counterpart(const std::string& name) const {
  for (size_t end = 0; end < name.size();) {
    end = std::min(name.find('.', end + 1), name.size());
    if (name_matches(borrower.text, std::string_view(name).substr(0, end))) {
      return owner + name.substr(end);
    }
  }
  return "";
}

std::map<std::string, std::string> last_owners(const std::map<std::string, std::string>& owners) {
  std::map<std::string, std::string> last;
  for (const auto& [name, first] : owners) {
    std::string owner = first;
    size_t hops = 0;
    while (owners.count(owner) != 0 && hops++ < owners.size()) {
      owner = owners.at(owner);
    }
    if (owners.count(owner) == 0) {
      last[name] = owner;
    }
  }
  return last;
}

}  // namespace tpretrain
