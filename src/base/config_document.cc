#include <algorithm>
#include <cmath>

#include "tpretrain/base/config.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

std::string range_text(const Range& range) {
  return std::isfinite(range.min) || std::isfinite(range.max) ? range.text() : "";
}

std::string node_text(const Node& node) {
  std::vector<std::string> parts;
  switch (node.kind()) {
    case Node::Kind::kNull:
      return "none";
    case Node::Kind::kScalar:
      return node.text();
    case Node::Kind::kList:
      for (const Node& item : node.items()) {
        parts.push_back(node_text(item));
      }
      return "[" + join(parts, ", ") + "]";
    case Node::Kind::kMap:
      for (const auto& [key, value] : node.entries()) {
        parts.push_back(key + ": " + node_text(value));
      }
      return "{" + join(parts, ", ") + "}";
  }
  return "";
}

template <typename Value, typename Text>
std::string optional_text(const std::optional<Value>& value, Text text) {
  return value ? text(*value) : "none";
}

std::string boolean_text(bool value) {
  return value ? "true" : "false";
}

std::string integer_text(int64_t value) {
  return std::to_string(value);
}

std::string list_text(const std::vector<std::string>& items) {
  return "[" + join(items, ", ") + "]";
}

class Documenter : public ConfigVisitor {
 public:
  Documenter(std::vector<FieldDoc>& out, std::string prefix)
      : out_(out), prefix_(std::move(prefix)) {}

  void field(const char* name, bool& value, const char* doc) override {
    add(name, "boolean", boolean_text(value), "", doc);
  }

  void field(const char* name, int64_t& value, const char* doc, Range range) override {
    add(name, "integer", integer_text(value), range_text(range), doc);
  }

  void field(const char* name, double& value, const char* doc, Range range) override {
    add(name, "number", number_text(value), range_text(range), doc);
  }

  void field(const char* name, std::string& value, const char* doc) override {
    add(name, "string", value, "", doc);
  }

  void field(const char* name, std::vector<std::string>& value, const char* doc) override {
    add(name, "list of strings", list_text(value), "", doc);
  }

  void field(const char* name, std::vector<double>& value, const char* doc, Range range) override {
    std::vector<std::string> items;
    items.reserve(value.size());
    for (const double item : value) {
      items.push_back(number_text(item));
    }
    add(name, "list of numbers", list_text(items), range_text(range), doc);
  }

  void field(const char* name, std::optional<int64_t>& value, const char* doc,
             Range range) override {
    add(name, "integer", optional_text(value, integer_text), range_text(range), doc);
  }

  void field(const char* name, std::optional<double>& value, const char* doc,
             Range range) override {
    add(name, "number", optional_text(value, number_text), range_text(range), doc);
  }

  void field(const char* name, std::optional<bool>& value, const char* doc) override {
    add(name, "boolean", optional_text(value, boolean_text), "", doc);
  }

  void field(const char* name, Choice& value, const char* doc, const char* kind) override {
    add(name, std::string("choice of ") + kind, node_text(write_choice(value)), "", doc);
  }

  void field(const char* name, Quantity& value, const char* doc, const Names& units,
             Range range) override {
    const std::string type = units == Names{"s"}   ? "time"
                             : units == Names{"B"} ? "size"
                                                   : "count in " + join(units, ", ");
    add(name, type, value ? quantity_text(value) : "none", range_text(range), doc);
  }

  void path(const char* name, std::string& value, const char* doc) override {
    add(name, "path", value, "", doc);
  }

  void paths(const char* name, std::vector<std::string>& value, const char* doc) override {
    add(name, "list of paths", list_text(value), "", doc);
  }

  void raw(const char* name, Node& value, const char* doc) override {
    add(name, "any", node_text(value), "", doc);
  }

  void custom(const char* name, const char* type, const char* doc,
              const std::function<void(const Node&, Faults&)>&,
              const std::function<Node()>& write) override {
    add(name, type, node_text(write()), "", doc);
  }

  void require(const char* name) override { required_.push_back(prefix_ + name); }

  void check(bool, const std::string&) override {}

  // `require` may stand before or after its field.
  void mark_required() {
    for (FieldDoc& field : out_) {
      if (std::find(required_.begin(), required_.end(), field.name) != required_.end()) {
        field.default_value = "required";
      }
    }
  }

 protected:
  void enumeration(const char* name, int64_t& index, const char* doc, const Names& names) override {
    add(name, "one of " + join(names, ", "), names.at(static_cast<size_t>(index)), "", doc);
  }

  void structure(const char* name, const char* doc, const Describe& describe) override {
    add(name, "map", "", "", doc);
    document_below(name, describe);
  }

  // An absent struct is created so that its fields are documented too.
  void optional_structure(const char* name, const char* doc, bool present,
                          const std::function<void()>& create, const Describe& describe) override {
    add(name, "map", present ? "" : "none", "", doc);
    if (!present) {
      create();
    }
    document_below(name, describe);
  }

 private:
  void add(const std::string& name, std::string type, std::string default_value, std::string range,
           const char* doc) {
    out_.push_back(
        {prefix_ + name, std::move(type), std::move(default_value), std::move(range), doc});
  }

  void document_below(const std::string& name, const Describe& describe) {
    Documenter below(out_, prefix_ + name + ".");
    describe(below);
    below.mark_required();
  }

  std::vector<FieldDoc>& out_;
  std::string prefix_;
  std::vector<std::string> required_;
};

}  // namespace

std::vector<FieldDoc> document_config(const DescribeFn& describe) {
  std::vector<FieldDoc> out;
  Documenter documenter(out, "");
  describe(documenter);
  documenter.mark_required();
  return out;
}

}  // namespace tpretrain
