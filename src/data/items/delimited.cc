#include "data/items/delimited.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain::data {

namespace {

enum class State {
  kStart,  ///< of a field
  kPlain,  ///< in a field without quotes, or behind them
  kQuoted,
  kQuote,  ///< a quote in a quoted field: its end, or the first of two that stand for one
};

State step(State state, char c, const DelimitedForm& form) {
  if (state == State::kQuoted) {
    return c == '"' ? State::kQuote : State::kQuoted;
  }
  if (c == form.separator) {
    return State::kStart;
  }
  if (c == '"' && form.quotes && (state == State::kStart || state == State::kQuote)) {
    return State::kQuoted;
  }
  return State::kPlain;
}

[[noreturn]] void refuse(const ByteFile& file, int64_t line, const std::string& what) {
  throw DataError(fmt::format("{}: line {}: {}", file.name(), line, what),
                  "`quotes: false` takes quotes as they stand");
}

}  // namespace

std::vector<std::string> split_fields(std::string_view record, const DelimitedForm& form) {
  std::vector<std::string> fields(1);
  State state = State::kStart;
  for (const char c : record) {
    const State next = step(state, c, form);
    if (next == State::kStart) {
      fields.emplace_back();
    } else if (next == State::kQuoted && state != State::kQuoted) {
      if (state == State::kQuote) {
        fields.back() += '"';
      }
    } else if (next != State::kQuote) {
      fields.back() += c;
    }
    state = next;
  }
  return fields;
}

void scan_records(const ByteFile& file, const DelimitedForm& form, const RowFormat::Take& take) {
  ForwardReader reader(file);
  std::string record;
  uint64_t begin = reader.position();
  int64_t line = 1;
  int64_t first_line = 1;
  State state = State::kStart;
  const auto finish = [&] {
    if (record.ends_with('\r')) {
      record.pop_back();
    }
    const bool blank = record.find_first_not_of(" \t\r") == std::string::npos;
    const bool more = blank || take({record, begin, first_line});
    record.clear();
    state = State::kStart;
    begin = reader.position();
    first_line = line;
    return more;
  };
  for (int c = reader.next(); c >= 0; c = reader.next()) {
    line += c == '\n' ? 1 : 0;
    if (c == '\n' && state != State::kQuoted) {
      if (!finish()) {
        return;
      }
      continue;
    }
    if (record.size() >= kMaxRow) {
      refuse(file, first_line, fmt::format("a row of more than {} bytes", kMaxRow));
    }
    record += static_cast<char>(c);
    state = step(state, static_cast<char>(c), form);
  }
  if (state == State::kQuoted) {
    refuse(file, first_line, "a quote is opened and never closed");
  }
  finish();
}

std::vector<std::string> read_header(const ByteFile& file, const DelimitedForm& form) {
  std::vector<std::string> fields;
  scan_records(file, form, [&](const RowText& row) {
    fields = split_fields(row.text, form);
    return false;
  });
  return fields;
}

}  // namespace tpretrain::data
