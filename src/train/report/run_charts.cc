#include "train/report/run_charts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace tpretrain::report {
namespace {

/// "itc.image_to_text" -> "itc: image to text"
std::string direction_title(std::string name) {
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos) {
    name.replace(dot, 1, ": ");
  }
  const size_t to = name.find("_to_", dot == std::string::npos ? 0 : dot);
  return to == std::string::npos ? name : name.replace(to, 4, " to ");
}

void add_references(Chart& chart, const std::string& metric, const Baselines& baselines,
                    const std::string& suffix = "") {
  for (const auto& [name, numbers] : baselines) {
    const auto value = numbers.find(metric);
    if (value != numbers.end()) {
      chart.references.push_back({name + suffix, value->second});
    }
  }
}

/// One line a split.
Chart chart_of(const MetricsLog& log, const std::string& metric, const Baselines& baselines) {
  Chart chart;
  chart.title = metric;
  chart.unit = unit_of(metric);
  chart.from_zero = chart.unit == Unit::kShare;
  const std::vector<std::string> splits = log.splits();
  for (size_t i = 0; i < splits.size(); ++i) {
    if (const Series* points = log.find(splits[i], metric)) {
      const int ink = splits[i] == "train" ? 0 : std::max(1, static_cast<int>(i));
      chart.lines.push_back({splits[i], *points, ink % Chart::kInks, splits[i] != "train"});
    }
  }
  add_references(chart, metric, baselines);
  return chart;
}

/// Of the training lines only: validation lines repeat or lack these numbers.
Chart train_chart(const MetricsLog& log, const std::string& metric, const std::string& title) {
  Chart chart;
  chart.title = title;
  chart.unit = unit_of(metric);
  chart.from_zero = true;
  if (const Series* points = log.find("train", metric)) {
    chart.lines.push_back({"train", *points, 0, false});
  }
  return chart;
}

/// {k, "target.a_to_b"} of "recall@k.target.a_to_b".
std::pair<int64_t, std::string> parse_recall(const std::string& after_prefix) {
  int64_t k = 0;
  const char* end = after_prefix.data() + after_prefix.size();
  const auto result = std::from_chars(after_prefix.data(), end, k);
  const bool good = result.ec == std::errc() && result.ptr != end && *result.ptr == '.';
  return good ? std::pair{k, std::string(result.ptr + 1, end)}
              : std::pair{int64_t{0}, after_prefix};
}

/// One line for each k and split, of "<prefix><k><suffix>"; `letter` is "R@" for lines "R@5".
void add_cutoffs(Chart& chart, const MetricsLog& log, const Baselines& baselines,
                 const std::string& prefix, const std::set<int64_t>& ks, const std::string& suffix,
                 const std::string& letter) {
  for (const int64_t k : ks) {
    const std::string label = letter + std::to_string(k);
    const std::string metric = prefix + std::to_string(k) + suffix;
    for (const std::string& split : log.splits()) {
      if (const Series* points = log.find(split, metric)) {
        const int ink = static_cast<int>(chart.lines.size()) % Chart::kInks;
        chart.lines.push_back({split == "valid" ? label : split + " " + label, *points, ink, true});
      }
    }
    add_references(chart, metric, baselines, " " + label);
  }
}

/// One chart a direction, one line for each k and split.
std::vector<Chart> recall_charts(const MetricsLog& log, const Baselines& baselines) {
  std::map<std::string, std::set<int64_t>> directions;
  for (const std::string& name : names_after(log, "recall@")) {
    const auto [k, direction] = parse_recall(name);
    if (k > 0) {
      directions[direction].insert(k);
    }
  }
  std::vector<Chart> charts;
  for (const auto& [direction, ks] : directions) {
    Chart chart;
    chart.title = direction_title(direction);
    chart.unit = Unit::kShare;
    chart.from_zero = true;
    add_cutoffs(chart, log, baselines, "recall@", ks, "." + direction, "R@");
    charts.push_back(std::move(chart));
  }
  return charts;
}

Chart zero_shot_chart(const MetricsLog& log, const Baselines& baselines) {
  std::set<int64_t> ks;
  for (const std::string& name : names_after(log, "zero_shot@")) {
    int64_t k = 0;
    const char* end = name.data() + name.size();
    const auto result = std::from_chars(name.data(), end, k);
    if (result.ec == std::errc() && result.ptr == end && k > 0) {
      ks.insert(k);
    }
  }
  Chart chart;
  chart.title = "accuracy by the names of the classes";
  chart.unit = Unit::kShare;
  chart.from_zero = true;
  add_cutoffs(chart, log, baselines, "zero_shot@", ks, "", "top ");
  return chart;
}

bool has_positive(const Series* points) {
  return points != nullptr && std::any_of(points->begin(), points->end(),
                                          [](const Point& point) { return point.y > 0; });
}

std::vector<Chart> loss_charts(const MetricsLog& log, const Baselines& baselines) {
  std::vector<Chart> charts;
  const std::vector<std::string> targets = names_after(log, "loss.");
  if (targets.size() != 1) {
    charts.push_back(chart_of(log, "loss", {}));  // a baseline knows some of the targets only
    charts.back().title = targets.empty() ? "loss" : "all targets, weighted";
  }
  for (const std::string& target : targets) {
    charts.push_back(chart_of(log, "loss." + target, baselines));
    charts.back().title = target;
  }
  return charts;
}

}  // namespace

std::vector<std::string> names_after(const MetricsLog& log, const std::string& prefix) {
  std::set<std::string> names;
  for (const auto& [split, numbers] : log.series) {
    for (const auto& [name, points] : numbers) {
      if (name.starts_with(prefix)) {
        names.insert(name.substr(prefix.size()));
      }
    }
  }
  return {names.begin(), names.end()};
}

Unit unit_of(const std::string& name) {
  const bool share = name.starts_with("accuracy.") || name.starts_with("recall@") ||
                     name.starts_with("zero_shot@") || name == "data_wait";
  return share ? Unit::kShare : Unit::kPlain;
}

std::vector<ChartGroup> run_charts(const MetricsLog& log, const Baselines& baselines) {
  std::vector<ChartGroup> groups = {{"Loss", loss_charts(log, baselines)},
                                    {"Accuracy", {}},
                                    {"Recall", recall_charts(log, baselines)},
                                    {"Zero-shot", {zero_shot_chart(log, baselines)}},
                                    {"Optimization", {}},
                                    {"Speed", {}}};
  for (const std::string& target : names_after(log, "accuracy.")) {
    groups[1].charts.push_back(chart_of(log, "accuracy." + target, baselines));
    groups[1].charts.back().title = target;
  }
  const bool tokens = has_positive(log.find("train", "tokens_per_s"));
  groups[4].charts = {train_chart(log, "lr", "learning rate"),
                      train_chart(log, "grad_norm", "gradient norm, before clipping")};
  groups[5].charts = {tokens ? train_chart(log, "tokens_per_s", "tokens per second")
                             : train_chart(log, "samples_per_s", "samples per second"),
                      train_chart(log, "data_wait", "time spent waiting for data")};
  for (ChartGroup& group : groups) {
    std::erase_if(group.charts, [](const Chart& chart) { return chart.lines.empty(); });
  }
  std::erase_if(groups, [](const ChartGroup& group) { return group.charts.empty(); });
  return groups;
}

}  // namespace tpretrain::report
