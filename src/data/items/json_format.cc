#include "data/items/json_format.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

bool is_blank(int c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Cuts a file into the texts of its objects without reading what they say.
class Cutter {
 public:
  Cutter(const ByteFile& file, const RowFormat::Take& take)
      : file_(file), reader_(file), take_(take) {}

  void run() {
    int c = next();
    while (is_blank(c)) {
      c = next();
    }
    if (c == '[') {
      read_list();
    } else {
      read_lines(c);
    }
  }

 private:
  int next() {
    const int c = reader_.next();
    line_ += c == '\n' ? 1 : 0;
    return c;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: line {}: {}", file_.name(), line_, what));
  }

  void append(int c) {
    if (text_.empty()) {
      begin_ = reader_.position() - 1;
      first_line_ = line_;
    }
    if (text_.size() >= kMaxRow) {
      fail(fmt::format("an item of more than {} bytes", kMaxRow));
    }
    text_ += static_cast<char>(c);
  }

  bool give() {
    const bool more = take_({text_, begin_, first_line_});
    text_.clear();
    return more;
  }

  void read_lines(int c) {
    for (; c >= 0; c = next()) {
      if (c != '\n' && (!text_.empty() || !is_blank(c))) {
        append(c);
      } else if (c == '\n' && !text_.empty() && !give()) {
        return;
      }
    }
    if (!text_.empty()) {
      give();
    }
  }

  /// The items of a list at its own depth, up to its bracket.
  void read_list() {
    for (int c = next(); c != ']'; c = next()) {
      if (c == '{') {
        read_object();
        if (!give()) {
          return;
        }
      } else if (c < 0) {
        fail("the list is cut: its closing bracket is missing");
      } else if (c != ',' && !is_blank(c)) {
        fail("an item of the list is no object {...}");
      }
    }
  }

  void read_object() {
    int depth = 0;
    bool quoted = false;
    bool escaped = false;
    for (int c = '{'; c >= 0; c = next()) {
      append(c);
      if (quoted) {
        quoted = escaped || c != '"';
        escaped = !escaped && c == '\\';
        continue;
      }
      quoted = c == '"';
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      if (depth == 0) {
        return;
      }
    }
    fail("the list is cut inside an item");
  }

  const ByteFile& file_;
  ForwardReader reader_;
  const RowFormat::Take& take_;
  std::string text_;
  uint64_t begin_ = 0;
  int64_t line_ = 1;
  int64_t first_line_ = 1;
};

}  // namespace

const char* JsonFormat::expected() const {
  return "expected: an object a line, {\"image\": \"cats/1.jpg\", \"caption\": \"a cat\"}, or one "
         "list of such objects; `caption` may be a list; `image:` and `caption:` name the keys";
}

void JsonFormat::scan(size_t, const ByteFile& file, const Take& take) {
  Cutter(file, take).run();
}

Row JsonFormat::parse(size_t, std::string_view text) const {
  JsonItem item = read_json_item(text, keys_);
  if (!item.image) {
    throw DataError(fmt::format("has no key '{}'; found: {}", join(keys_.image, "' or '"),
                                item.keys.empty() ? "none" : join(item.keys, ", ")));
  }
  return {*std::move(item.image), std::move(item.captions), item.label};
}

}  // namespace tpretrain::data
