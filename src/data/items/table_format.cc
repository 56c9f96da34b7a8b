#include "data/items/table_format.h"

#include <algorithm>

#include <fmt/core.h>

#include "data/items/captions.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

/// In the order of Separator, without kAuto.
constexpr std::string_view kSeparators = ",\t;|";
constexpr const char* kSeparatorNames[] = {"comma", "tab", "semicolon", "bar"};

std::optional<size_t> find(const std::vector<std::string>& header,
                           const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto at = std::find(header.begin(), header.end(), name);
    if (at != header.end()) {
      return at - header.begin();
    }
  }
  return std::nullopt;
}

const char* name_of(char separator) {
  return kSeparatorNames[kSeparators.find(separator)];
}

}  // namespace

const char* TableFormat::expected() const {
  return "expected: a header line and a row for each caption, separated by commas or tabs: "
         "\"image,caption\", \"cats/1.jpg,a cat on a chair\"; `image:` and `caption:` name columns";
}

std::optional<TableFormat::Columns> TableFormat::match(const std::vector<std::string>& header,
                                                       const DelimitedForm& form) const {
  const auto image = find(header, options_.image);
  if (!image) {
    return std::nullopt;
  }
  return Columns{form, header.size(), *image, find(header, options_.caption),
                 find(header, options_.label)};
}

TableFormat::Columns TableFormat::find_columns(const ByteFile& file) const {
  std::string_view candidates = kSeparators;
  if (options_.separator != Separator::kAuto) {
    candidates = candidates.substr(static_cast<size_t>(options_.separator) - 1, 1);
  }
  std::optional<Columns> best;
  std::vector<std::string> most;  ///< columns of the separator that finds most of them
  char separator = candidates.front();
  for (const char candidate : candidates) {
    const DelimitedForm form{candidate, options_.quotes};
    std::vector<std::string> header = read_header(file, form);
    for (std::string& name : header) {
      name = clean_caption(name);
    }
    if (const auto columns = match(header, form);
        columns && (!best || columns->count > best->count)) {
      best = columns;
    }
    if (header.size() > most.size()) {
      most = std::move(header);
      separator = candidate;
    }
  }
  if (!best) {
    for (std::string& name : most) {
      name = escape_control(name.substr(0, 64));
    }
    most.resize(std::min<size_t>(most.size(), 20));
    throw ConfigError(fmt::format("{}: no column is named {}; found with '{}' between them: {}",
                                  file.name(), join(options_.image, " or "), name_of(separator),
                                  most.empty() ? "none" : join(most, ", ")),
                      expected());
  }
  return *best;
}

void TableFormat::scan(size_t index, const ByteFile& file, const Take& take) {
  columns_.resize(std::max(columns_.size(), index + 1));
  columns_[index] = find_columns(file);
  bool header = true;
  scan_records(file, columns_[index].form, [&](const RowText& row) {
    const bool more = header || take(row);
    header = false;
    return more;
  });
}

Row TableFormat::parse(size_t index, std::string_view text) const {
  const Columns& columns = columns_.at(index);
  const std::vector<std::string> fields = split_fields(text, columns.form);
  if (fields.size() != columns.count) {
    throw DataError(
        fmt::format("must have {} fields, but has {} instead", columns.count, fields.size()));
  }
  Row row;
  row.image = clean_caption(fields[columns.image]);
  if (columns.caption) {
    std::string caption = clean_caption(fields[*columns.caption]);
    if (!caption.empty()) {
      row.captions.push_back(std::move(caption));
    }
  }
  if (columns.label && !fields[*columns.label].empty()) {
    row.label = parse_label(fields[*columns.label]);
    if (!row.label) {
      throw DataError(fmt::format("the label must be an integer, but is '{}'",
                                  escape_control(fields[*columns.label].substr(0, 64))));
    }
  }
  return row;
}

}  // namespace tpretrain::data
