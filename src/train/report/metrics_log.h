/// metrics.jsonl read back: a series for every number of every split.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "train/report/svg_chart.h"

namespace tpretrain::report {

using Series = std::vector<Point>;  ///< x: the step; y: NaN where the file has null

struct MetricsLog {
  std::string run;                                              ///< of the first line
  std::map<std::string, std::map<std::string, Series>> series;  ///< split -> name -> points by step
  int64_t last_step = 0;
  int64_t unreadable = 0;  ///< lines passed over, a torn last one not counted

  /// The points of one number; null when the split has none.
  const Series* find(const std::string& split, const std::string& name) const;
  /// train, valid, then others by name.
  std::vector<std::string> splits() const;
};

/// Lines that are no JSON object with a step and a split are passed over.
MetricsLog parse_metrics(std::string_view text);

}  // namespace tpretrain::report
