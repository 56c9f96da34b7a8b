#include <fmt/core.h>

#include "base/utf8.h"
#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) {
      return true;
    }
  }
  return false;
}

bool reads_as_null(std::string_view text) {
  return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Wider than our own reader: also what YAML 1.1 readers take for a number, a date or a boolean.
bool reads_as_other_type(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes",
                       "YES",  "no",   "No",   "NO",    "on",    "On",    "ON",  "off",
                       "Off",  "OFF",  "y",    "Y",     "n",     "N"})) {
    return true;
  }
  const size_t digits = text.find_first_not_of("+-.");
  if (digits == std::string_view::npos) {
    return false;
  }
  if (digits != 0 && is_one_of(text.substr(digits), {"inf", "Inf", "INF", "nan", "NaN", "NAN"})) {
    return true;
  }
  return is_digit(text[digits]) && text.find('/') == std::string_view::npos;
}

bool is_safe_bare(std::string_view text) {
  constexpr std::string_view kIndicators = "?:,[]{}#&*!|>'\"%@`";
  if (reads_as_null(text) || kIndicators.find(text[0]) != std::string_view::npos ||
      text[0] == ' ' || text.back() == ' ' || text.back() == ':' || text == "-" || text == "<<" ||
      text.substr(0, 2) == "- " || text.substr(0, 3) == "---" || text.substr(0, 3) == "..." ||
      text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) {
    return false;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E) {
      return false;
    }
  }
  return true;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t size = utf8_sequence(text);
    if (size == 0) {
      throw ConfigError(fmt::format("the text '{}' is not valid UTF-8, so YAML cannot hold it",
                                    escape_control(text)));
    }
    const std::string_view character = text.substr(0, size);
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\t") {
      out += "\\t";
    } else if (starts_with_control(text)) {
      // A C1 control is U+0080 + its second byte - 0x80: the code point equals that byte.
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(character.back()));
    } else if (is_one_of(character, {"\u2028", "\u2029", "\uFEFF"})) {
      out += character == "\u2028" ? "\\u2028" : character == "\u2029" ? "\\u2029" : "\\uFEFF";
    } else {
      out += character;
    }
    text.remove_prefix(size);
  }
  return out + '"';
}

bool is_safe_unicode(std::string_view text) {
  std::string ascii(text);
  for (size_t at = 0; at < text.size();) {
    const size_t size = utf8_sequence(text.substr(at));
    if (size == 0 || is_one_of(text.substr(at, size), {"\u2028", "\u2029", "\uFEFF"}) ||
        starts_with_control(text.substr(at))) {
      return false;
    }
    if (size > 1) {
      ascii.replace(at, size, size, 'x');
    }
    at += size;
  }
  return is_safe_bare(ascii);
}

std::string scalar_text(const std::string& text, bool quoted) {
  const bool bare =
      !text.empty() && is_safe_unicode(text) && !(quoted && reads_as_other_type(text));
  return bare ? text : double_quoted(text);
}

class Writer {
 public:
  explicit Writer(std::string (*comment)(const Node&)) : comment_(comment) {}

  // Writes `node` after "key:" or "-" (or at the start of the document).
  void write(const Node& node, int indent, bool in_list) {
    if (node.is_map() && !node.entries().empty()) {
      write_map(node, indent, in_list);
    } else if (node.is_list() && !node.items().empty()) {
      write_list(node, indent, in_list);
    } else {
      space();
      out_ += node.is_scalar() ? scalar_text(node.text(), node.quoted())
              : node.is_map()  ? "{}"
              : node.is_list() ? "[]"
                               : "null";
      end_line(node);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_map(const Node& node, int indent, bool in_list) {
    start_block(in_list);
    for (const auto& [key, value] : node.entries()) {
      start_line(indent);
      out_ += scalar_text(key, false) + ":";
      write(value, indent + 2, false);
    }
  }

  void write_list(const Node& node, int indent, bool in_list) {
    start_block(in_list);
    for (const Node& item : node.items()) {
      start_line(indent);
      out_ += "-";
      write(item, indent + 2, true);
    }
  }

  // After "- " the first entry stays on the line; after "key:" the block starts a new one.
  void start_block(bool in_list) {
    if (in_list) {
      out_ += ' ';
    } else if (!out_.empty()) {
      out_ += '\n';
    }
  }

  void start_line(int indent) {
    if (!out_.empty() && out_.back() == '\n') {
      out_.append(static_cast<size_t>(indent), ' ');
    }
  }

  void space() {
    if (!out_.empty()) {
      out_ += ' ';
    }
  }

  void end_line(const Node& node) {
    const std::string comment = comment_ == nullptr ? "" : comment_(node);
    if (!comment.empty()) {
      out_ += "  # " + escape_control(comment);
    }
    out_ += '\n';
  }

  std::string (*comment_)(const Node&);
  std::string out_;
};

}  // namespace

std::string write_yaml(const Node& node, std::string (*comment)(const Node&)) {
  Writer writer(comment);
  writer.write(node, 0, false);
  return writer.take();
}

std::string origin_comment(const Node& node) {
  return node.mark().text();
}

}  // namespace tpretrain
