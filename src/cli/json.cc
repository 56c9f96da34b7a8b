#include "cli/json.h"

#include <cmath>

#include "cli/output.h"
#include "train/metrics.h"

namespace tpretrain::cli {
namespace {

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace

Json report_json(const LossReport& report) {
  Json out = Json::object();
  for (const auto& [name, value] : named_values(report)) {
    out[name] = number(value);
  }
  return out;
}

Json baseline_json(const std::map<std::string, LossReport>& baseline) {
  Json out = Json::object();
  for (const auto& [name, report] : baseline) {
    out[name] = report_json(report);
  }
  return out;
}

Json entry_json(const Registry::Entry& entry) {
  Json config = Json::array();
  for (const FieldDoc& field : entry.fields()) {
    config.push_back({{"name", field.name},
                      {"type", field.type},
                      {"default", field.default_value},
                      {"range", field.range},
                      {"doc", field.doc}});
  }
  return {{"kind", entry.kind},        {"name", entry.info.name},   {"summary", entry.info.summary},
          {"paper", entry.info.paper}, {"reads", entry.info.reads}, {"ops", entry.info.ops},
          {"config", config}};
}

void print_json(const Json& document) {
  print(document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace tpretrain::cli
