/// Typed configuration. A config struct has defaults and one `describe`; parsing, validation,
/// defaults, dump and documentation all come from it:
///
///   struct TransformerConfig {
///     int64_t layers = 12;
///     double dropout = 0.1;
///     void describe(ConfigVisitor& v) {
///       v.field("layers", layers, "Number of blocks.", {.min = 1, .max = 1024});
///       v.field("dropout", dropout, "Drop probability.", {.min = 0, .max = 1, .open_max = true});
///     }
///   };
///
/// Faults (unknown key, wrong type, out of range, missing) are collected over the whole recipe in
/// a `Faults` list and reported together.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tpretrain/base/node.h"

namespace tpretrain {

/// What is wrong with a recipe, each with its place. `raise` throws one ConfigError with all lines.
class Faults {
 public:
  void add(const Mark& mark, const std::string& message);

  bool empty() const noexcept { return lines_.empty(); }

  const std::vector<std::string>& lines() const noexcept { return lines_; }

  void raise_if_any() const;

 private:
  std::vector<std::string> lines_;
};

/// Allowed values of a number. For counts with a unit the range is of the number.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_min = false;
  bool open_max = false;

  bool contains(double value) const;
  std::string text() const;  ///< "[0, 1)"
};

/// A one-key map or a bare name that chooses a registry entry: `{transformer: {layers: 12}}`.
struct Choice {
  std::string name;  ///< empty: not given
  Node config;       ///< null: all defaults
  Mark mark;

  explicit operator bool() const noexcept { return !name.empty(); }
};

/// A count with its unit: `10k steps`, `3 epochs`, `2G tokens`, `256 samples`, `30 min`.
/// Times are kept in seconds under the unit "s"; sizes in bytes under "B".
struct Quantity {
  double value = 0;
  std::string unit;  ///< one of the units allowed by the field

  explicit operator bool() const noexcept { return !unit.empty(); }
};

/// Parses "10k steps" against the allowed units, in singular or plural; a bare number takes the
/// first of them. k, M, G, T are powers of 1000; KiB, MiB, GiB, TiB, kB, MB, GB, TB are sizes (unit
/// "B"); ms, s, min, h, d are times (unit "s"). Empty result: `error` says why.
std::optional<Quantity> parse_quantity(const std::string& text,
                                       const std::vector<std::string>& units, std::string* error);
std::string quantity_text(const Quantity& quantity);

/// Numbers as YAML 1.2 core reads them, strictly (no octal, no `1_000`); integers also take
/// k, M, G suffixes (powers of 1000), 1e4 when exact, and 0x1F.
std::optional<int64_t> parse_integer(const std::string& text);
std::optional<double> parse_number(const std::string& text);
std::optional<bool> parse_boolean(const std::string& text);

/// Shortest text that reads back to the same double.
std::string number_text(double value);

class ConfigVisitor {
 public:
  using Names = std::vector<std::string>;
  virtual ~ConfigVisitor() = default;

  virtual void field(const char* name, bool& value, const char* doc) = 0;
  virtual void field(const char* name, int64_t& value, const char* doc, Range range = {}) = 0;
  virtual void field(const char* name, double& value, const char* doc, Range range = {}) = 0;
  virtual void field(const char* name, std::string& value, const char* doc) = 0;
  /// One string stands for a list of one.
  virtual void field(const char* name, std::vector<std::string>& value, const char* doc) = 0;
  virtual void field(const char* name, std::vector<double>& value, const char* doc,
                     Range range = {}) = 0;
  virtual void field(const char* name, std::optional<int64_t>& value, const char* doc,
                     Range range = {}) = 0;
  virtual void field(const char* name, std::optional<double>& value, const char* doc,
                     Range range = {}) = 0;
  virtual void field(const char* name, std::optional<bool>& value, const char* doc) = 0;
  /// `kind`: the registry kind that the name must belong to.
  virtual void field(const char* name, Choice& value, const char* doc, const char* kind) = 0;
  virtual void field(const char* name, Quantity& value, const char* doc, const Names& units,
                     Range range = {}) = 0;
  /// A file name; a relative one is taken from the file that names it.
  virtual void path(const char* name, std::string& value, const char* doc) = 0;
  /// File names, wildcards allowed; one string or a list.
  virtual void paths(const char* name, std::vector<std::string>& value, const char* doc) = 0;
  /// Any subtree, read later by whoever knows its shape.
  virtual void raw(const char* name, Node& value, const char* doc) = 0;

  /// An enumeration: `names[i]` stands for `static_cast<Enum>(i)`.
  template <typename Enum>
  void choice(const char* name, Enum& value, const char* doc, const Names& names) {
    int64_t index = static_cast<int64_t>(value);
    enumeration(name, index, doc, names);
    value = static_cast<Enum>(index);
  }

  /// A nested struct with its own `describe`.
  template <typename Struct>
  void nested(const char* name, Struct& value, const char* doc) {
    structure(name, doc, [&value](ConfigVisitor& v) { value.describe(v); });
  }

  /// A nested struct that may be absent.
  template <typename Struct>
  void nested(const char* name, std::optional<Struct>& value, const char* doc) {
    optional_structure(
        name, doc, value.has_value(), [&value] { value.emplace(); },
        [&value](ConfigVisitor& v) {
          if (value)
            value->describe(v);
        });
  }

  /// For values with more than one spelling (a number, a bare name or a map): `read` takes the node
  /// as written and reports faults; `write` gives the canonical form back.
  virtual void custom(const char* name, const char* type, const char* doc,
                      const std::function<void(const Node&, Faults&)>& read,
                      const std::function<Node()>& write) = 0;

  /// A required key: reported as missing by a reader when the recipe does not give it.
  virtual void require(const char* name) = 0;
  /// A rule over several fields, checked after all were read: `ok` false reports `message`.
  virtual void check(bool ok, const std::string& message) = 0;

 protected:
  using Describe = std::function<void(ConfigVisitor&)>;
  virtual void enumeration(const char* name, int64_t& index, const char* doc,
                           const Names& names) = 0;
  virtual void structure(const char* name, const char* doc, const Describe& describe) = 0;
  virtual void optional_structure(const char* name, const char* doc, bool present,
                                  const std::function<void()>& create,
                                  const Describe& describe) = 0;
};

/// A config struct behind a uniform handle, for registries.
using DescribeFn = std::function<void(ConfigVisitor&)>;

/// Fills the struct behind `describe` from a map node (null: all defaults); faults are added.
/// `path` is the dotted name of the node, used in messages: "unknown key 'model.encoder.hiden'".
void read_config(const DescribeFn& describe, const Node& node, const std::string& path,
                 Faults& faults);

/// The struct as a map node with every field, in declared order. Marks are kept from `written`
/// (the node it was read from) where a key stands there, else the source is "default".
Node dump_config(const DescribeFn& describe, const Node& written = {});

/// One documented field, nested ones with dotted names.
struct FieldDoc {
  std::string name;
  std::string type;
  std::string default_value;
  std::string range;
  std::string doc;
};

std::vector<FieldDoc> document_config(const DescribeFn& describe);

/// Reads `{name: {config}}` or a bare name. Reports a fault and returns an empty choice otherwise.
Choice read_choice(const Node& node, const std::string& path, Faults& faults);
Node write_choice(const Choice& choice);

template <typename Struct>
void read_struct(Struct& value, const Node& node, const std::string& path, Faults& faults) {
  read_config([&value](ConfigVisitor& v) { value.describe(v); }, node, path, faults);
}

template <typename Struct>
Node dump_struct(const Struct& value, const Node& written = {}) {
  Struct copy = value;
  return dump_config([&copy](ConfigVisitor& v) { copy.describe(v); }, written);
}

}  // namespace tpretrain
