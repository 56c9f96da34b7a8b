#include <algorithm>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

/// Kinds that stand in more than one place of a recipe.
std::string slots(const std::string& kind) {
  return kind == "embedding" ? " (also fills the slot tgt_embedding of a decoder)" : "";
}

}  // namespace

void list(const ListArguments& arguments) {
  const Registry registry = builtin_registry();
  const std::vector<std::string>& kinds = Registry::kinds();
  if (!arguments.kind.empty() &&
      std::find(kinds.begin(), kinds.end(), arguments.kind) == kinds.end()) {
    throw UsageError("unknown kind '" + arguments.kind + "'" + suggestion(arguments.kind, kinds));
  }
  Json document = Json::array();
  std::string text;
  for (const std::string& kind : kinds) {
    std::vector<Row> rows;
    for (const Registry::Entry& entry : registry.entries()) {
      if (entry.kind == kind && (arguments.kind.empty() || arguments.kind == kind)) {
        document.push_back(entry_json(entry));
        rows.push_back({entry.info.name, entry.info.summary});
      }
    }
    if (!rows.empty()) {
      text += (text.empty() ? "" : "\n") + kind + slots(kind) + "\n" + table(rows, "  ");
    }
  }
  if (arguments.json) {
    print_json(document);
  } else {
    print(text);
  }
}

}  // namespace tpretrain::cli
