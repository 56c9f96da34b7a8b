#include "train/metrics.h"

#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"

namespace tpretrain {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN: a non-finite number becomes null.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

void put_losses(Json& line, const LossReport& report) {
  for (const auto& [name, value] : named_values(report)) {
    line[name] = number(value);
  }
}

void put_timing(Json& line, const TrainState& state, const StepTiming& timing) {
  line["tokens"] = state.tokens;
  line["samples"] = state.samples;
  line["tokens_per_s"] = number(timing.tokens_per_s);
  line["samples_per_s"] = number(timing.samples_per_s);
  line["data_wait"] = number(timing.data_wait);
  line["memory_bytes"] = peak_memory();
  line["seconds"] = number(timing.seconds);
}

/// The lines of an earlier run that still hold at `step`, without those that were torn: by a crash
/// the last one, by a full disk any.
std::string lines_up_to(const fs::path& path, int64_t step) {
  std::ifstream in(path);
  std::string kept;
  std::string text;
  while (std::getline(in, text)) {
    const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) {
      continue;
    }
    const auto of = line.find("step");  // the first line has none
    if (of == line.end() || (of->is_number_integer() && of->get<int64_t>() <= step)) {
      kept += text + "\n";
    }
  }
  return kept;
}

}  // namespace

std::vector<std::pair<std::string, double>> named_values(const LossReport& report) {
  std::vector<std::pair<std::string, double>> values = {{"loss", report.loss}};
  for (const auto& [name, loss] : report.losses) {
    values.emplace_back("loss." + name, loss);
  }
  for (const auto& [name, accuracy] : report.accuracy) {
    values.emplace_back("accuracy." + name, accuracy);
  }
  for (const auto& [name, recalls] : report.recall) {
    for (const Recall& recall : recalls) {
      for (const auto& [k, share] : recall.at) {
        values.emplace_back(
            "recall@" + std::to_string(k) + "." + name + "." + recall.from + "_to_" + recall.to,
            share);
      }
    }
  }
  for (const auto& [k, share] : report.zero_shot) {
    values.emplace_back("zero_shot@" + std::to_string(k), share);
  }
  return values;
}

void write_baselines(const fs::path& path, const std::map<std::string, LossReport>& baselines) {
  Json document = Json::object();
  for (const auto& [name, report] : baselines) {
    Json& numbers = document[name] = Json::object();
    put_losses(numbers, report);
  }
  try {
    FileSystem::posix().replace(path, document.dump(1) + "\n");
  } catch (const IoError& error) {
    log::warn("metrics", error.what());
  }
}

int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

MetricsFile::MetricsFile(const fs::path& path, const std::string& run,
                         const std::string& recipe_hash, int64_t resumed_step)
    : path_(path) {
  std::string kept;
  if (fs::exists(path)) {
    kept = lines_up_to(path, resumed_step);
  }
  if (kept.empty()) {
    kept = Json{{"schema", kSchema}, {"run", run}, {"recipe", recipe_hash}}.dump() + "\n";
  }
  FileSystem::posix().replace(path, kept);
  out_.open(path, std::ios::app);
  if (!out_) {
    throw OutputError("can not write " + path.string());
  }
}

void MetricsFile::write(const std::string& line) {
  out_ << (torn_ ? "\n" : "") << line << "\n";
  out_.flush();
  torn_ = !out_;
  if (torn_ && !warned_) {
    warned_ = true;
    log::warn("metrics", "can not write " + path_.string() + ": training goes on without it");
  }
  out_.clear();
}

void MetricsFile::write_step(const StepReport& report, const TrainState& state,
                             const StepTiming& timing) {
  Json line{{"step", report.step}, {"split", "train"}};
  put_losses(line, report);
  line["lr"] = number(report.lr);
  line["grad_norm"] = number(report.grad_norm);
  put_timing(line, state, timing);
  write(line.dump());
}

void MetricsFile::write_valid(const LossReport& report, const TrainState& state,
                              const StepTiming& timing) {
  Json line{{"step", state.step}, {"split", "valid"}};
  put_losses(line, report);
  put_timing(line, state, timing);
  write(line.dump());
}

}  // namespace tpretrain
