#include "data/items/row_source_configs.h"

#include "data/items/json_format.h"

namespace tpretrain::data {

void TableConfig::describe(ConfigVisitor& v) {
  rows.describe(v);
  v.choice("separator", table.separator, "Between fields; auto: the one that fits the header.",
           {"auto", "comma", "tab", "semicolon", "bar"});
  v.field("quotes", table.quotes, "Fields in double quotes may hold separators and line breaks.");
  v.field("image", table.image, "Column of the picture's file: the first of these that is there.");
  v.field("caption", table.caption, "Column of the caption.");
  v.field("label", table.label, "Column of the class index.");
}

void JsonLinesConfig::describe(ConfigVisitor& v) {
  rows.describe(v);
  v.field("image", image, "Key of the picture's file: the first of these that is there.");
  v.field("caption", caption, "Key of the caption, a string or a list of strings.");
  v.field("label", label, "Key of the class index.");
}

std::shared_ptr<Source> open_table(const TableConfig& config) {
  return std::make_shared<RowSource>(config.rows, std::make_unique<TableFormat>(config.table));
}

std::shared_ptr<Source> open_json_lines(const JsonLinesConfig& config) {
  return std::make_shared<RowSource>(config.rows, std::make_unique<JsonFormat>(JsonKeys{
                                                      config.image, config.caption, config.label}));
}

}  // namespace tpretrain::data
