#include "cli/commands.h"
#include "cli/output.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

constexpr const char* kComponentHead =
    "# What a recipe can name\n\n"
    "Written by `tpretrain docs components`; a test compares this page with the program. `{view}`\n"
    "stands for the view of whoever names the component.\n";

constexpr const char* kRecipeHead =
    "# The keys of a recipe\n\n"
    "Written by `tpretrain docs recipe`; a test compares this page with the program. The keys "
    "below\n"
    "`model` are in [../recipe.md](../recipe.md), those of components in\n"
    "[components.md](components.md).\n";

/// A cell of a table: the bar would end it.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : std::string(1, c);
  }
  return out;
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + cell(text) + "`";
}

std::string code_list(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) {
    quoted.push_back(code(item));
  }
  return join(quoted, ", ");
}

std::string field_table(const std::vector<FieldDoc>& fields) {
  std::string text = "\n| key | type | default | range | meaning |\n|---|---|---|---|---|\n";
  for (const FieldDoc& field : fields) {
    text += "| " + code(field.name) + " | " + cell(field.type) + " | " + code(field.default_value) +
            " | " + cell(field.range) + " | " + cell(field.doc) + " |\n";
  }
  return text;
}

std::string section(const Registry::Entry& entry) {
  const ComponentInfo& info = entry.info;
  std::string text = "\n### " + entry.kind + "." + info.name + "\n\n" + info.summary + "\n";
  if (!info.paper.empty()) {
    text += "\nPaper: <" + info.paper + ">\n";
  }
  if (!info.reads.empty()) {
    text += "\nReads: " + code_list(info.reads) + "\n";
  }
  if (!info.ops.empty()) {
    text += "\nOps: " + code_list(info.ops) + "\n";
  }
  const std::vector<FieldDoc> fields = entry.fields();
  return fields.empty() ? text : text + field_table(fields);
}

std::string component_page() {
  const Registry registry = builtin_registry();
  std::string text = kComponentHead;
  for (const std::string& kind : Registry::kinds()) {
    std::string entries;
    for (const Registry::Entry& entry : registry.entries()) {
      entries += entry.kind == kind ? section(entry) : "";
    }
    if (!entries.empty()) {
      text += "\n## " + kind + "\n" + entries;
    }
  }
  return text;
}

/// `model` has a page of its own; the keys of a list's items follow in a table below it.
std::string recipe_page() {
  RecipeConfig recipe;
  ParameterGroup group;
  const auto fields_of = [](auto& config) {
    return field_table(document_config([&config](ConfigVisitor& v) { config.describe(v); }));
  };
  return kRecipeHead + fields_of(recipe) + "\n## An item of `train.groups`\n" + fields_of(group);
}

}  // namespace

void docs(const DocsArguments& arguments) {
  if (arguments.page == "flags") {
    print(flag_list());
  } else {
    print(arguments.page == "recipe" ? recipe_page() : component_page());
  }
}

}  // namespace tpretrain::cli
