#include "tpretrain/core/registry.h"

#include <algorithm>

#include "tpretrain/base/text.h"

namespace tpretrain {

const std::vector<std::string>& Registry::kinds() {
  static const std::vector<std::string> kinds = {"embedding", "encoder",   "decoder",   "target",
                                                 "pool",      "processor", "tokenizer", "source",
                                                 "optimizer", "schedule"};
  return kinds;
}

void Registry::insert(Entry entry) {
  const auto key = [](const Entry& e) { return std::pair(e.kind, e.info.name); };
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), entry,
                       [&key](const Entry& a, const Entry& b) { return key(a) < key(b); });
  if (at != entries_.end() && key(*at) == key(entry)) {
    throw InternalError("registry: " + entry.kind + " '" + entry.info.name +
                        "' is registered twice");
  }
  entries_.insert(at, std::move(entry));
}

const Registry::Entry* Registry::find(const std::string& kind, const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (entry.kind == kind && entry.info.name == name) {
      return &entry;
    }
  }
  return nullptr;
}

std::vector<std::string> Registry::names(const std::string& kind) const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.kind == kind) {
      names.push_back(entry.info.name);
    }
  }
  return names;
}

namespace {

std::string unknown(const std::string& kind, const std::string& name,
                    const std::vector<std::string>& known) {
  if (known.empty()) {
    return "unknown " + kind + " '" + name + "': no " + kind + " is registered";
  }
  return "unknown " + kind + " '" + name + "'" + suggestion(name, known);
}

}  // namespace

const Registry::Entry& Registry::require(const std::string& kind, const Choice& choice) const {
  const Entry* entry = find(kind, choice.name);
  if (entry == nullptr) {
    const std::string where = choice.mark.source.empty() ? "" : choice.mark.text() + ": ";
    throw ConfigError(where + unknown(kind, choice.name, names(kind)));
  }
  return *entry;
}

void Registry::check(const std::string& kind, const Choice& choice, const std::string& path,
                     Faults& faults) const {
  if (!choice) {
    return;  // absent, or a fault that was already reported
  }
  const Entry* entry = find(kind, choice.name);
  if (entry == nullptr) {
    faults.add(choice.mark, unknown(kind, choice.name, names(kind)) + " (at '" + path + "')");
    return;
  }
  entry->check(choice.config, path + "." + choice.name, faults);
}

}  // namespace tpretrain
