#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/core.h>

#include "base/config_show.h"
#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace {

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

// Relative to the recipe that names it; absolute, so that a dump means the same from anywhere. "-"
// is the standard input.
std::string resolved_path(const std::string& text, const Mark& mark) {
  const std::filesystem::path path(text);
  if (text.empty() || text == "-" || path.is_absolute()) {
    return text;
  }
  const bool in_file = mark.line != 0 && mark.source != "--set";
  const std::filesystem::path folder = in_file
                                           ? std::filesystem::absolute(mark.source).parent_path()
                                           : std::filesystem::current_path();
  return (folder / path).lexically_normal().string();
}

class Reader : public ConfigVisitor {
 public:
  Reader(const Node& node, std::string path, Mark mark, Faults& faults)
      : node_(node),
        path_(std::move(path)),
        mark_(std::move(mark)),
        faults_(faults),
        faults_before_(faults.lines().size()) {}

  void field(const char* name, bool& value, const char*) override {
    if (const Node* node = given(name)) {
      read_boolean(name, *node, value);
    }
  }

  void field(const char* name, int64_t& value, const char*, Range range) override {
    if (const Node* node = given(name)) {
      read_integer(name, *node, range, value);
    }
  }

  void field(const char* name, double& value, const char*, Range range) override {
    if (const Node* node = given(name)) {
      read_number(name, *node, range, value);
    }
  }

  void field(const char* name, std::string& value, const char*) override {
    if (const Node* node = given(name)) {
      read_string(name, *node, value);
    }
  }

  void field(const char* name, std::vector<std::string>& value, const char*) override {
    if (const Node* node = given(name)) {
      read_strings(name, *node, value);
    }
  }

  void field(const char* name, std::vector<double>& value, const char*, Range range) override {
    const Node* node = given(name);
    if (node == nullptr) {
      return;
    }
    if (!node->is_list()) {
      wrong(name, *node, "a list of numbers");
      return;
    }
    std::vector<double> read(node->items().size());
    for (size_t i = 0; i < read.size(); ++i) {
      read_number(fmt::format("{}[{}]", name, i), node->items()[i], range, read[i]);
    }
    value = std::move(read);
  }

  void field(const char* name, std::optional<int64_t>& value, const char*, Range range) override {
    const Node* node = given(name);
    int64_t read = 0;
    if (node != nullptr && read_integer(name, *node, range, read)) {
      value = read;
    }
  }

  void field(const char* name, std::optional<double>& value, const char*, Range range) override {
    const Node* node = given(name);
    double read = 0;
    if (node != nullptr && read_number(name, *node, range, read)) {
      value = read;
    }
  }

  void field(const char* name, std::optional<bool>& value, const char*) override {
    const Node* node = given(name);
    bool read = false;
    if (node != nullptr && read_boolean(name, *node, read)) {
      value = read;
    }
  }

  void field(const char* name, Choice& value, const char*, const char*) override {
    if (const Node* node = given(name)) {
      if (Choice read = read_choice(*node, joined(path_, name), faults_)) {
        value = std::move(read);
      }
    }
  }

  void field(const char* name, Quantity& value, const char*, const Names& units,
             Range range) override {
    const Node* node = given(name);
    if (node == nullptr) {
      return;
    }
    if (!node->is_scalar() || node->quoted()) {
      wrong(name, *node, "a number with a unit");
      return;
    }
    std::string error;
    const auto read = parse_quantity(node->text(), units, &error);
    if (!read) {
      fault(*node, fmt::format("'{}' {}, but is {}", joined(path_, name), error, shown(*node)));
    } else if (!range.contains(read->value)) {
      wrong(name, *node, "in " + range.text());
    } else {
      value = *read;
    }
  }

  void path(const char* name, std::string& value, const char*) override {
    const Node* node = given(name);
    if (node != nullptr && read_string(name, *node, value)) {
      value = resolved_path(value, node->mark());
    }
  }

  void paths(const char* name, std::vector<std::string>& value, const char*) override {
    const Node* node = given(name);
    if (node == nullptr || !read_strings(name, *node, value)) {
      return;
    }
    for (size_t i = 0; i < value.size(); ++i) {
      value[i] = resolved_path(value[i], node->is_list() ? node->items()[i].mark() : node->mark());
    }
  }

  void raw(const char* name, Node& value, const char*) override {
    if (const Node* node = given(name)) {
      value = *node;
    }
  }

  void custom(const char* name, const char*, const char*,
              const std::function<void(const Node&, Faults&)>& read,
              const std::function<Node()>&) override {
    if (const Node* node = given(name)) {
      read(*node, faults_);
    }
  }

  void require(const char* name) override {
    const Node* node = node_.find(name);
    if (node == nullptr || node->is_null()) {
      faults_.add(mark_, fmt::format("the key '{}' is missing", joined(path_, name)));
    }
  }

  void check(bool ok, const std::string& message) override {
    // A value that could not be read would make the rule speak of its default.
    if (!ok && faults_.lines().size() == faults_before_) {
      faults_.add(mark_, path_.empty() ? message : "'" + path_ + "': " + message);
    }
  }

  void report_unknown_keys() {
    for (const auto& [key, value] : node_.entries()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        fault(value,
              fmt::format("unknown key {}{}", shown(joined(path_, key)), suggestion(key, known_)));
      }
    }
  }

 protected:
  void enumeration(const char* name, int64_t& index, const char*, const Names& names) override {
    const Node* node = given(name);
    if (node == nullptr) {
      return;
    }
    for (size_t i = 0; i < names.size() && node->is_scalar(); ++i) {
      if (node->text() == names[i]) {
        index = static_cast<int64_t>(i);
        return;
      }
    }
    const auto near = node->is_scalar() ? nearest(node->text(), names) : std::nullopt;
    fault(*node,
          fmt::format("'{}' must be one of {}, but is {}{}", joined(path_, name), join(names, ", "),
                      shown(*node), near ? "; did you mean '" + *near + "'?" : ""));
  }

  void structure(const char* name, const char*, const Describe& describe) override {
    const Node* node = given(name);
    read_below(name, node == nullptr ? Node() : *node, describe);
  }

  void optional_structure(const char* name, const char*, bool present,
                          const std::function<void()>& create, const Describe& describe) override {
    const Node* node = given(name);
    if (node == nullptr) {
      return;
    }
    if (!present) {
      create();
    }
    read_below(name, *node, describe);
  }

 private:
  // The value of a key, or null where the default stands (the key is absent or null).
  const Node* given(const char* name) {
    known_.emplace_back(name);
    const Node* node = node_.find(name);
    return node == nullptr || node->is_null() ? nullptr : node;
  }

  void fault(const Node& node, const std::string& message) {
    faults_.add(node.mark().source.empty() ? mark_ : node.mark(), message);
  }

  bool wrong(const std::string& name, const Node& node, const std::string& expected) {
    fault(node,
          fmt::format("'{}' must be {}, but is {}", joined(path_, name), expected, shown(node)));
    return false;
  }

  bool wrong_number(const std::string& name, const Node& node, const std::string& type,
                    const Range& range) {
    const std::string& text = node.text();
    const size_t digits = text.find_first_not_of("+-");
    const bool octal_like = node.is_scalar() && !node.quoted() && digits != std::string::npos &&
                            text.size() > digits + 1 && text[digits] == '0' &&
                            text.find_first_not_of("01234567", digits) == std::string::npos;
    fault(node, fmt::format("'{}' must be {}{}, but is {}{}", joined(path_, name), type,
                            is_bounded(range) ? " in " + range.text() : "", shown(node),
                            octal_like ? " (octal-like; write it without the leading 0)" : ""));
    return false;
  }

  bool read_boolean(const std::string& name, const Node& node, bool& value) {
    const auto read =
        node.is_scalar() && !node.quoted() ? parse_boolean(node.text()) : std::nullopt;
    if (!read) {
      return wrong(name, node, "true or false");
    }
    value = *read;
    return true;
  }

  bool read_integer(const std::string& name, const Node& node, const Range& range, int64_t& value) {
    const auto read =
        node.is_scalar() && !node.quoted() ? parse_integer(node.text()) : std::nullopt;
    if (!read || !range.contains(static_cast<double>(*read))) {
      return wrong_number(name, node, "an integer", range);
    }
    value = *read;
    return true;
  }

  bool read_number(const std::string& name, const Node& node, const Range& range, double& value) {
    const auto read = node.is_scalar() && !node.quoted() ? parse_number(node.text()) : std::nullopt;
    if (!read || !range.contains(*read)) {
      return wrong_number(name, node,
                          read && !std::isfinite(*read) ? "a finite number" : "a number", range);
    }
    value = *read;
    return true;
  }

  bool read_string(const std::string& name, const Node& node, std::string& value) {
    if (!node.is_scalar()) {
      return wrong(name, node, "a string");
    }
    value = node.text();
    return true;
  }

  // One string stands for a list of one.
  bool read_strings(const std::string& name, const Node& node, std::vector<std::string>& value) {
    std::vector<std::string> read;
    const std::vector<Node> one = node.is_scalar() ? std::vector<Node>{node} : std::vector<Node>();
    if (node.is_map()) {
      return wrong(name, node, "a list of strings");
    }
    for (const Node& item : node.is_list() ? node.items() : one) {
      if (!item.is_scalar()) {
        return wrong(fmt::format("{}[{}]", name, read.size()), item, "a string");
      }
      read.push_back(item.text());
    }
    value = std::move(read);
    return true;
  }

  void read_below(const char* name, const Node& node, const Describe& describe);

  const Node& node_;
  std::string path_;
  Mark mark_;
  Faults& faults_;
  size_t faults_before_;
  std::vector<std::string> known_;
};

void read_map(const DescribeFn& describe, const Node& node, const std::string& path,
              const Mark& outer, Faults& faults) {
  const Mark& mark = node.mark().source.empty() ? outer : node.mark();
  if (!node.is_map() && !node.is_null()) {
    faults.add(mark, fmt::format("{} must be a map, but is {}",
                                 path.empty() ? "the document" : "'" + path + "'", shown(node)));
    return;
  }
  Reader reader(node, path, mark, faults);
  describe(reader);
  reader.report_unknown_keys();
}

void Reader::read_below(const char* name, const Node& node, const Describe& describe) {
  read_map(describe, node, joined(path_, name), mark_, faults_);
}

}  // namespace

void read_config(const DescribeFn& describe, const Node& node, const std::string& path,
                 Faults& faults) {
  read_map(describe, node, path, node.mark(), faults);
}

}  // namespace tpretrain
