#include "train/progress_line.h"

#include <fmt/core.h>

#include "tpretrain/base/text.h"

namespace tpretrain {

namespace {

/// " image>text R@1 4.0% R@5 12.0%": of each direction.
std::string recall_text(const std::vector<Recall>& recalls) {
  std::string text;
  for (const Recall& recall : recalls) {
    text += fmt::format(" {}>{}", recall.from, recall.to);
    for (const auto& [k, share] : recall.at) {
      text += fmt::format(" R@{} {:.1f}%", k, 100 * share);
    }
  }
  return text;
}

}  // namespace

std::string loss_text(const LossReport& report) {
  std::string text;
  for (const auto& [name, loss] : report.losses) {
    text += fmt::format("{}{} {:.4f}", text.empty() ? "" : " ", name, loss);
    const auto accuracy = report.accuracy.find(name);
    if (accuracy != report.accuracy.end()) {
      text += fmt::format(" (acc {:.1f}%)", 100 * accuracy->second);
    }
    const auto recalls = report.recall.find(name);
    if (recalls != report.recall.end()) {
      text += recall_text(recalls->second);
    }
  }
  for (const auto& [k, share] : report.zero_shot) {
    text += fmt::format("{} top-{} {:.1f}%", k == 1 ? " zero-shot" : "", k, 100 * share);
  }
  return text;
}

std::string progress_line(const StepReport& report, int64_t total, const StepTiming& timing,
                          double seconds_left) {
  const double share = total > 0 ? 100.0 * static_cast<double>(report.step) / total : 100.0;
  std::string rate = timing.tokens_per_s > 0
                         ? fmt::format("{:.1f}k tok/s", timing.tokens_per_s / 1000)
                         : fmt::format("{:.1f} samples/s", timing.samples_per_s);
  return fmt::format("step {}/{} {:.0f}% | loss {:.4f} {} | lr {:.2e} | {} data {:.1f}% | ETA {}",
                     report.step, total, share, report.loss, loss_text(report), report.lr, rate,
                     100 * timing.data_wait, human_seconds(seconds_left));
}

}  // namespace tpretrain
