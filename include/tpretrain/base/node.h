/// The value tree that recipes are made of: what a YAML document, an `extends:` base and `--set`
/// options become before typed structs read them. Every node remembers where it came from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tpretrain {

/// Where a value was written. `line` and `column` start at 1; 0 means "not in a file".
struct Mark {
  std::string source;  ///< file path, "--set" or "default"
  int line = 0;
  int column = 0;

  /// "recipe.yaml:12:5", or the source alone when there is no line.
  std::string text() const;
};

class Node {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };
  using Entry = std::pair<std::string, Node>;

  Node() = default;

  static Node scalar(std::string text, Mark mark = {}, bool quoted = false);
  static Node list(std::vector<Node> items = {}, Mark mark = {});
  static Node map(std::vector<Entry> entries = {}, Mark mark = {});

  Kind kind() const noexcept { return kind_; }

  bool is_null() const noexcept { return kind_ == Kind::kNull; }

  bool is_scalar() const noexcept { return kind_ == Kind::kScalar; }

  bool is_list() const noexcept { return kind_ == Kind::kList; }

  bool is_map() const noexcept { return kind_ == Kind::kMap; }

  /// Scalar text as written, without quotes.
  const std::string& text() const noexcept { return text_; }

  /// True for '1' and "1": a quoted scalar is a string, never a number.
  bool quoted() const noexcept { return quoted_; }

  const std::vector<Node>& items() const noexcept { return items_; }

  std::vector<Node>& items() noexcept { return items_; }

  /// Map entries in the order they were written.
  const std::vector<Entry>& entries() const noexcept { return entries_; }

  std::vector<Entry>& entries() noexcept { return entries_; }

  /// The entry's value, or null when this is no map or the key is absent.
  const Node* find(const std::string& key) const noexcept;
  Node* find(const std::string& key) noexcept;

  /// Sets or appends an entry; a null node becomes a map.
  Node& set(const std::string& key, Node value);
  bool erase(const std::string& key);

  const Mark& mark() const noexcept { return mark_; }

  void set_mark(Mark mark) { mark_ = std::move(mark); }

  /// Same kind, text and children; marks and quotes are not compared.
  bool same_value(const Node& other) const;

 private:
  Kind kind_ = Kind::kNull;
  bool quoted_ = false;
  std::string text_;
  std::vector<Node> items_;
  std::vector<Entry> entries_;
  Mark mark_;
};

}  // namespace tpretrain
