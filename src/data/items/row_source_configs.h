/// The recipes of tables: `table` and `json_lines`. Torch-free.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/items/row_source.h"
#include "data/items/table_format.h"

namespace tpretrain::data {

struct TableConfig {
  RowSourceOptions rows;
  TableOptions table;

  void describe(ConfigVisitor& v);
};

struct JsonLinesConfig {
  RowSourceOptions rows;
  std::vector<std::string> image = {"image", "filepath", "path", "file"};
  std::vector<std::string> caption = {"caption", "captions", "text"};
  std::vector<std::string> label = {"label"};

  void describe(ConfigVisitor& v);
};

std::shared_ptr<Source> open_table(const TableConfig& config);
std::shared_ptr<Source> open_json_lines(const JsonLinesConfig& config);

}  // namespace tpretrain::data
