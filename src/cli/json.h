/// The JSON documents of --json. Their keys are an interface: tests/cli/json_keys.txt freezes them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tpretrain/core/registry.h"
#include "tpretrain/train/trainer.h"

namespace tpretrain::cli {

using Json = nlohmann::ordered_json;

/// {loss, loss.<target>, accuracy.<target>}; numbers that are not finite become null.
Json report_json(const LossReport& report);
Json baseline_json(const std::map<std::string, LossReport>& baseline);
/// {kind, name, summary, paper, reads, ops, config}
Json entry_json(const Registry::Entry& entry);
/// The document on one line.
void print_json(const Json& document);

}  // namespace tpretrain::cli
