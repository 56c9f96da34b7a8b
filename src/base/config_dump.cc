#include "tpretrain/base/config.h"

namespace tpretrain {
namespace {

// Gives `mark` to every node below that has none of its own.
void fill_marks(Node& node, const Mark& mark) {
  if (node.mark().source.empty()) {
    node.set_mark(mark);
  }
  for (Node& item : node.items()) {
    fill_marks(item, mark);
  }
  for (auto& [key, value] : node.entries()) {
    fill_marks(value, mark);
  }
}

// A string that keeps its type when it is read back, whatever it looks like.
Node string_node(const std::string& text) {
  return Node::scalar(text, {}, true);
}

Node boolean_node(bool value) {
  return Node::scalar(value ? "true" : "false");
}

Node integer_node(int64_t value) {
  return Node::scalar(std::to_string(value));
}

Node number_node(double value) {
  return Node::scalar(number_text(value));
}

class Dumper : public ConfigVisitor {
 public:
  explicit Dumper(const Node& written) : written_(written), out_(Node::map()) {}

  Node take() { return std::move(out_); }

  void field(const char* name, bool& value, const char*) override {
    put(name, boolean_node(value));
  }

  void field(const char* name, int64_t& value, const char*, Range) override {
    put(name, integer_node(value));
  }

  void field(const char* name, double& value, const char*, Range) override {
    put(name, number_node(value));
  }

  void field(const char* name, std::string& value, const char*) override {
    put(name, string_node(value));
  }

  void field(const char* name, std::vector<std::string>& value, const char*) override {
    Node list = Node::list();
    for (const std::string& item : value) {
      list.items().push_back(string_node(item));
    }
    put(name, std::move(list));
  }

  void field(const char* name, std::vector<double>& value, const char*, Range) override {
    Node list = Node::list();
    for (const double item : value) {
      list.items().push_back(number_node(item));
    }
    put(name, std::move(list));
  }

  void field(const char* name, std::optional<int64_t>& value, const char*, Range) override {
    put(name, value ? integer_node(*value) : Node());
  }

  void field(const char* name, std::optional<double>& value, const char*, Range) override {
    put(name, value ? number_node(*value) : Node());
  }

  void field(const char* name, std::optional<bool>& value, const char*) override {
    put(name, value ? boolean_node(*value) : Node());
  }

  void field(const char* name, Choice& value, const char*, const char*) override {
    put(name, write_choice(value));
  }

  void field(const char* name, Quantity& value, const char*, const Names&, Range) override {
    put(name, value ? Node::scalar(quantity_text(value)) : Node());
  }

  void path(const char* name, std::string& value, const char* doc) override {
    field(name, value, doc);
  }

  void paths(const char* name, std::vector<std::string>& value, const char* doc) override {
    field(name, value, doc);
  }

  void raw(const char* name, Node& value, const char*) override { put(name, value); }

  void custom(const char* name, const char*, const char*,
              const std::function<void(const Node&, Faults&)>&,
              const std::function<Node()>& write) override {
    put(name, write());
  }

  void require(const char*) override {}

  void check(bool, const std::string&) override {}

 protected:
  void enumeration(const char* name, int64_t& index, const char*, const Names& names) override {
    put(name, Node::scalar(names.at(static_cast<size_t>(index))));
  }

  void structure(const char* name, const char*, const Describe& describe) override {
    const Node* written = written_.find(name);
    put(name, dump_config(describe, written == nullptr ? Node() : *written));
  }

  void optional_structure(const char* name, const char* doc, bool present,
                          const std::function<void()>&, const Describe& describe) override {
    if (present) {
      structure(name, doc, describe);
    } else {
      put(name, Node());
    }
  }

 private:
  void put(const char* name, Node value) {
    const Node* written = written_.find(name);
    const bool given = written != nullptr && !written->is_null();
    const Mark mark = given ? written->mark() : Mark{"default"};
    value.set_mark(mark);
    fill_marks(value, mark);
    out_.set(name, std::move(value));
  }

  const Node& written_;
  Node out_;
};

}  // namespace

Node dump_config(const DescribeFn& describe, const Node& written) {
  Dumper dumper(written);
  describe(dumper);
  Node out = dumper.take();
  out.set_mark(written.mark().source.empty() ? Mark{"default"} : written.mark());
  return out;
}

}  // namespace tpretrain
