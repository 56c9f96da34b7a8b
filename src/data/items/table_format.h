/// CSV and TSV files with a header. Torch-free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/items/delimited.h"
#include "data/items/row_format.h"

namespace tpretrain::data {

enum class Separator { kAuto, kComma, kTab, kSemicolon, kBar };

struct TableOptions {
  Separator separator = Separator::kAuto;
  bool quotes = true;
  std::vector<std::string> image = {"image", "filepath", "path", "file"};
  std::vector<std::string> caption = {"caption", "title", "text"};
  std::vector<std::string> label = {"label", "class"};
};

/// Columns by the name in the header; of several names the first that the header has.
class TableFormat final : public RowFormat {
 public:
  explicit TableFormat(const TableOptions& options) : options_(options) {}

  /// Errors: ConfigError that names the columns found when none is the picture's.
  void scan(size_t index, const ByteFile& file, const Take& take) override;
  Row parse(size_t index, std::string_view text) const override;
  const char* expected() const override;

 private:
  struct Columns {
    DelimitedForm form;
    size_t count = 0;
    size_t image = 0;
    std::optional<size_t> caption;
    std::optional<size_t> label;
  };

  Columns find_columns(const ByteFile& file) const;
  std::optional<Columns> match(const std::vector<std::string>& header,
                               const DelimitedForm& form) const;

  TableOptions options_;
  std::vector<Columns> columns_;  ///< of each file
};

}  // namespace tpretrain::data
