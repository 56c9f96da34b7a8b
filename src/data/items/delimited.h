/// Lines of fields: CSV (RFC 4180) and TSV, read as Python's csv module does. Torch-free.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/items/row_format.h"

namespace tpretrain::data {

struct DelimitedForm {
  char separator = ',';
  bool quotes = true;  ///< a field that begins with " goes on to the next single "
};

/// The fields of one record.
std::vector<std::string> split_fields(std::string_view record, const DelimitedForm& form);

/// Records of the file, each up to a line break outside quotes; blank ones are left out.
/// Errors: DataError naming file and line: a quote that is not closed, a record above kMaxRow.
void scan_records(const ByteFile& file, const DelimitedForm& form, const RowFormat::Take& take);

/// The first record of the file read with this form; empty when there is none.
std::vector<std::string> read_header(const ByteFile& file, const DelimitedForm& form);

}  // namespace tpretrain::data
