#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

const Registry::Entry& find_entry(const Registry& registry, const DescribeArguments& arguments) {
  const std::string name = join(arguments.name, ".");
  std::vector<std::string> known;
  for (const Registry::Entry& entry : registry.entries()) {
    known.push_back(entry.kind + "." + entry.info.name);
    if (known.back() == name) {
      return entry;
    }
  }
  throw UsageError("unknown component '" + name + "'" + suggestion(name, known),
                   "`tpretrain list` shows what there is");
}

/// Components have one folder and one sample each; entries of src/ are shown by their config alone.
bool has_folder(const std::string& kind) {
  return kind == "embedding" || kind == "encoder" || kind == "decoder" || kind == "target" ||
         kind == "pool" || kind == "processor";
}

std::string or_none(const std::vector<std::string>& items) {
  return items.empty() ? "-" : join(items, ", ");
}

std::string text_of(const Registry::Entry& entry) {
  const ComponentInfo& info = entry.info;
  std::vector<Row> facts = {{"paper", info.paper.empty() ? "-" : info.paper},
                            {"reads", or_none(info.reads)},
                            {"ops", or_none(info.ops)}};
  if (has_folder(entry.kind)) {
    const std::string place = entry.kind + "/" + info.name;
    facts.push_back({"code", "components/" + place + "/"});
    facts.push_back({"sample", "configs/components/" + place + ".yaml"});
  }
  std::vector<Row> fields;
  for (const FieldDoc& field : entry.fields()) {
    fields.push_back({field.name, field.type,
                      field.default_value.empty() ? "-" : field.default_value, field.range,
                      field.doc});
  }
  std::string text = entry.kind + "." + info.name + ": " + info.summary + "\n" + table(facts, "  ");
  if (!fields.empty()) {
    fields.insert(fields.begin(), {"KEY", "TYPE", "DEFAULT", "RANGE", "MEANING"});
    text += "\n" + table(fields, "  ");
  }
  return text;
}

}  // namespace

void describe(const DescribeArguments& arguments) {
  const Registry registry = builtin_registry();
  const Registry::Entry& entry = find_entry(registry, arguments);
  if (arguments.json) {
    print_json(entry_json(entry));
  } else {
    print(text_of(entry));
  }
}

}  // namespace tpretrain::cli
