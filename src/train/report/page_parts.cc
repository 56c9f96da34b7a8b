#include "train/report/page_parts.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "tpretrain/base/text.h"
#include "train/report/html.h"
#include "train/report/run_charts.h"

namespace tpretrain::report {
namespace {

constexpr size_t kMostQueries = 60;
constexpr size_t kMostFound = 10;
constexpr size_t kMostCharacters = 300;  // of a caption

std::string fact(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
}

/// The last number of a series, whatever it is; NaN when there is none.
double last_value(const Series* series) {
  return series == nullptr || series->empty() ? std::nan("") : series->back().y;
}

std::string count_text(double value) {
  return with_commas(std::llround(value));
}

std::string steps_text(const std::vector<int64_t>& steps) {
  constexpr size_t kMost = 6;
  std::string text = steps.size() > kMost ? "... " : "";
  for (size_t i = steps.size() - std::min(kMost, steps.size()); i < steps.size(); ++i) {
    text += with_commas(steps[i]) + (i + 1 < steps.size() ? ", " : "");
  }
  return text;
}

/// Losses, accuracies, recalls and zero-shot that any split has, in this order; the last two by k.
std::vector<std::string> result_names(const MetricsLog& log) {
  std::vector<std::string> names = {"loss"};
  for (const std::string prefix : {"loss.", "accuracy.", "recall@", "zero_shot@"}) {
    std::vector<std::string> found = names_after(log, prefix);
    // "1.x", "5.x", "10.x", or "1", "5", "10": a shorter number is a smaller one.
    const auto digits = [](const std::string& name) {
      return std::min(name.find('.'), name.size());
    };
    std::stable_sort(found.begin(), found.end(), [&](const std::string& a, const std::string& b) {
      return prefix.ends_with('@') && digits(a) < digits(b);
    });
    for (const std::string& name : found) {
      names.push_back(prefix + name);
    }
  }
  return names;
}

/// A dotted name that a narrow column breaks after its dots.
std::string breakable(const std::string& name) {
  std::vector<std::string> words = split(name, '.');
  for (std::string& word : words) {
    word = escape_html(word);
  }
  return join(words, ".<wbr>");
}

std::string cell(double value, Unit unit) {
  return "<td>" + (std::isnan(value) ? "" : value_text(value, unit)) + "</td>";
}

std::string result_row(const RunFiles& files, const std::string& name) {
  std::string row = "<tr><th>" + breakable(name) + "</th>";
  for (const std::string& split : files.metrics.splits()) {
    const Series* series = files.metrics.find(split, name);
    const double value = last_value(series);
    row +=
        series != nullptr && std::isnan(value) ? "<td>not finite</td>" : cell(value, unit_of(name));
  }
  for (const auto& [baseline, numbers] : files.baselines) {
    const auto value = numbers.find(name);
    // "loss" of a baseline is of the targets that it knows, not of all.
    const bool shown = value != numbers.end() && name != "loss";
    row += cell(shown ? value->second : std::nan(""), unit_of(name));
  }
  return row + "</tr>\n";
}

std::string shortened(const std::string& text) {
  if (text.size() <= kMostCharacters) {
    return text;
  }
  size_t end = kMostCharacters;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // not inside a character
  }
  return text.substr(0, end) + "...";
}

std::string item_html(const RetrievedItem& item, const char* css, const std::string& heading) {
  std::string out = fmt::format("<div class=\"item {}\">", css);
  if (!item.image.empty()) {
    out += fmt::format("<img src=\"{}\" alt=\"\">", escape_html(item.image));
  }
  return out + "<b>" + heading + "</b>" + escape_html(shortened(item.text)) + "</div>\n";
}

std::string found_html(const FoundItem& item) {
  const std::string score = std::isfinite(item.score) ? fmt::format("{:.3f}", item.score) : "?";
  return item_html(item, item.right ? "right" : "wrong",
                   score + (item.right ? " right" : " wrong"));
}

}  // namespace

double total_seconds(const Series& seconds) {
  double total = 0;
  double before = 0;
  for (const Point& point : seconds) {
    if (std::isfinite(point.y)) {
      total += point.y < before ? before : 0;
      before = point.y;
    }
  }
  return total + before;
}

double median(const Series& series) {
  std::vector<double> values;
  for (const Point& point : series) {
    if (std::isfinite(point.y)) {
      values.push_back(point.y);
    }
  }
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string facts(const RunFiles& files) {
  const auto series = [&](const char* name) { return files.metrics.find("train", name); };
  std::string out;
  for (const char* name : {"samples", "tokens"}) {
    const double value = last_value(series(name));
    out += value > 0 ? fact(name, count_text(value)) : "";
  }
  if (const Series* seconds = series("seconds")) {
    out += fact("time", human_seconds(total_seconds(*seconds)));
  }
  for (const auto& [name, label] : {std::pair{"tokens_per_s", "tokens/s, median"},
                                    std::pair{"samples_per_s", "samples/s, median"}}) {
    const Series* rates = series(name);
    const double rate = rates == nullptr ? 0 : median(*rates);
    out += rate > 0 ? fact(label, rate < 100 ? fmt::format("{:.1f}", rate) : count_text(rate)) : "";
  }
  const double memory = last_value(series("memory_bytes"));
  out += memory > 0 && memory < 1e18
             ? fact("memory, peak", human_bytes(static_cast<uint64_t>(memory)))
             : "";
  out += files.checkpoints.empty() ? "" : fact("checkpoints", steps_text(files.checkpoints));
  out += files.committed ? fact("last committed step", with_commas(*files.committed)) : "";
  out += files.program.empty() ? "" : fact("program", files.program);
  return out.empty() ? "" : "<dl class=\"facts card\">\n" + out + "</dl>\n";
}

std::string result_table(const RunFiles& files) {
  const MetricsLog& log = files.metrics;
  if (log.series.empty()) {
    return "";
  }
  std::string out =
      "<h2>Result</h2>\n<div class=\"card wide\"><table class=\"numbers\">\n<thead><tr><th></th>";
  for (const std::string& split : log.splits()) {
    const Series* loss = log.find(split, "loss");
    out += "<th>" + escape_html(split) +
           (loss == nullptr ? "" : ", step " + count_text(loss->back().x)) + "</th>";
  }
  for (const auto& [baseline, numbers] : files.baselines) {
    out += "<th>" + escape_html(baseline) + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const std::string& name : result_names(log)) {
    out += result_row(files, name);
  }
  return out + "</tbody></table></div>\n";
}

std::string figure(const Chart& chart) {
  std::string out = "<figure class=\"card\"><figcaption><b>" + escape_html(chart.title) + "</b>";
  for (const Line& line : chart.lines) {
    const double value = last_value(&line.points);
    out += fmt::format("<span class=\"key\"><i class=\"c{}\"></i>{} {}</span>", line.ink,
                       escape_html(line.name), value_text(value, chart.unit));
  }
  for (const Reference& reference : chart.references) {
    out += fmt::format("<span class=\"key\"><i class=\"reference\"></i>{} {}</span>",
                       escape_html(reference.name), value_text(reference.y, chart.unit));
  }
  return out + "</figcaption>\n" + svg_chart(chart) + "</figure>\n";
}

std::string retrieved_section(const std::vector<Retrieved>& results) {
  if (results.empty()) {
    return "";
  }
  std::string out = "<h2>Retrieved</h2>\n";
  if (results.size() > kMostQueries) {
    out += fmt::format("<p class=\"soft\">The first {} of {} queries.</p>\n", kMostQueries,
                       results.size());
  }
  out += "<div class=\"retrieved\">\n";
  for (size_t i = 0; i < std::min(results.size(), kMostQueries); ++i) {
    out += "<div class=\"card items\">\n" + item_html(results[i].query, "query", "query");
    for (size_t k = 0; k < std::min(results[i].found.size(), kMostFound); ++k) {
      out += found_html(results[i].found[k]);
    }
    out += "</div>\n";
  }
  return out + "</div>\n";
}

}  // namespace tpretrain::report
