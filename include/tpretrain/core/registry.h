/// What can stand in a recipe: one entry per component, tokenizer, source, optimizer and schedule.
/// A registry is a value that is passed down; `builtin_registry()` (train/pretrain.h) fills one and
/// users add their own entries before composing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <typeindex>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

/// What people and tools may know of an entry.
struct ComponentInfo {
  std::string name;
  std::string summary;             ///< one line
  std::string paper;               ///< URL, or "" where there is none
  std::vector<std::string> reads;  ///< batch names: "{view}.ids", "mlm.rows"
  std::vector<std::string> ops;    ///< dispatcher operators used: "linear"
};

class TP_EXPORT Registry {
 public:
  struct Entry {
    std::string kind;
    ComponentInfo info;
    std::function<std::vector<FieldDoc>()> fields;
    /// Reads a config node without building; faults are added.
    std::function<void(const Node&, const std::string& path, Faults&)> check;
    /// The config with every field.
    std::function<Node(const Node&)> complete;
    std::function<std::shared_ptr<void>(const Node&, const void* context)> make;
  };

  /// Adds `Component`, built by `Component(const Config&, const Kind::Context&)`.
  /// Errors: InternalError on a duplicate {kind, name}.
  template <typename Kind, typename Component, typename Config>
  void add(ComponentInfo info) {
    add_made_by<Kind, Config>(
        std::move(info),
        [](const Config& config, const typename Kind::Context& context) -> std::shared_ptr<Kind> {
          return std::make_shared<Component>(config, context);
        });
  }

  /// Adds an entry built by `make(const Config&, const Kind::Context&)`, a std::shared_ptr<Kind>.
  template <typename Kind, typename Config, typename Make>
  void add_made_by(ComponentInfo info, Make make) {
    insert({Kind::kKind, std::move(info),
            [] {
              Config config;
              return document_config([&config](ConfigVisitor& v) { config.describe(v); });
            },
            [](const Node& node, const std::string& path, Faults& faults) {
              Config config;
              read_struct(config, node, path, faults);
            },
            [](const Node& node) {
              Config config;
              Faults faults;
              read_struct(config, node, "", faults);
              return dump_struct(config, node);
            },
            [make](const Node& node, const void* context) -> std::shared_ptr<void> {
              Config config;
              Faults faults;
              read_struct(config, node, "", faults);
              faults.raise_if_any();
              std::shared_ptr<Kind> made =
                  make(config, *static_cast<const typename Kind::Context*>(context));
              return made;
            }});
  }

  /// Builds the chosen entry of a kind. Errors: ConfigError (unknown name with the nearest one).
  template <typename Kind>
  std::shared_ptr<Kind> make(const Choice& choice, const typename Kind::Context& context) const {
    const Entry& entry = require(Kind::kKind, choice);
    return std::static_pointer_cast<Kind>(entry.make(choice.config, &context));
  }

  const Entry* find(const std::string& kind, const std::string& name) const;
  const Entry& require(const std::string& kind, const Choice& choice) const;
  /// Adds a fault when the choice names no entry or its config is wrong.
  void check(const std::string& kind, const Choice& choice, const std::string& path,
             Faults& faults) const;
  std::vector<std::string> names(const std::string& kind) const;

  /// Sorted by kind, then name.
  const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// The kinds that exist, in the order of design: module kinds first.
  static const std::vector<std::string>& kinds();

 private:
  void insert(Entry entry);
  std::vector<Entry> entries_;
};

/// Written by the build from components/CMakeLists.txt.
void register_builtin_components(Registry& registry);

}  // namespace tpretrain
