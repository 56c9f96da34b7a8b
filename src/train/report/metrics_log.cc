#include "train/report/metrics_log.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace tpretrain::report {
namespace {

using Json = nlohmann::json;

constexpr int64_t kLastStep = int64_t{1} << 50;

/// None (-1) when there is no step that a run can have.
int64_t step_of(const Json& line) {
  const auto step = line.find("step");
  if (step == line.end() || !step->is_number_integer() || *step < 0 || *step > kLastStep) {
    return -1;
  }
  return step->get<int64_t>();
}

bool add_line(const Json& line, MetricsLog& log) {
  const int64_t step = step_of(line);
  const auto split = line.find("split");
  if (step < 0 || split == line.end() || !split->is_string()) {
    return false;
  }
  auto& series = log.series[split->get<std::string>()];
  for (const auto& [name, value] : line.items()) {
    if (name != "step" && (value.is_number() || value.is_null())) {
      series[name].push_back(
          {static_cast<double>(step),
           value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>()});
    }
  }
  log.last_step = std::max(log.last_step, step);
  return true;
}

bool add_header(const Json& line, MetricsLog& log) {
  const auto run = line.find("run");
  if (!line.contains("schema") || run == line.end() || !run->is_string()) {
    return false;
  }
  log.run = run->get<std::string>();
  return true;
}

}  // namespace

const Series* MetricsLog::find(const std::string& split, const std::string& name) const {
  const auto of_split = series.find(split);
  if (of_split == series.end()) {
    return nullptr;
  }
  const auto found = of_split->second.find(name);
  return found == of_split->second.end() ? nullptr : &found->second;
}

std::vector<std::string> MetricsLog::splits() const {
  std::vector<std::string> names;
  for (const auto& [name, numbers] : series) {
    names.push_back(name);
  }
  const auto rank = [](const std::string& name) {
    return name == "train" ? 0 : name == "valid" ? 1 : 2;
  };
  std::stable_sort(names.begin(), names.end(), [&rank](const std::string& a, const std::string& b) {
    return rank(a) < rank(b);
  });
  return names;
}

MetricsLog parse_metrics(std::string_view text) {
  MetricsLog log;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const bool torn = end == std::string_view::npos;
    const Json line = Json::parse(text.substr(0, end), nullptr, /*allow_exceptions=*/false);
    const bool taken = line.is_object() && (add_line(line, log) || add_header(line, log));
    log.unreadable += taken || torn ? 0 : 1;
    text.remove_prefix(torn ? text.size() : end + 1);
  }
  for (auto& [split, numbers] : log.series) {
    for (auto& [name, points] : numbers) {
      std::stable_sort(points.begin(), points.end(),
                       [](const Point& a, const Point& b) { return a.x < b.x; });
    }
  }
  return log;
}

}  // namespace tpretrain::report
