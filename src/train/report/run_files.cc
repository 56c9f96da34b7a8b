#include "train/report/run_files.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain::report {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMostBaseline = uint64_t{1} << 20;
constexpr uint64_t kMostRetrieved = uint64_t{64} << 20;

/// Runs `read`; an error of a file that a report can do without becomes a line of it.
template <typename Read>
void attempt(RunFiles& files, const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    files.problems.emplace_back(error.what());
  }
}

std::string program_text(const Manifest& manifest) {
  return fmt::format("{}, LibTorch {}, {}, {} thread{}", manifest.build_id, manifest.libtorch,
                     manifest.blas, manifest.threads, manifest.threads == 1 ? "" : "s");
}

void read_checkpoints(FileSystem& file_system, const fs::path& run, RunFiles& files) {
  const CheckpointReader reader(file_system, run);
  attempt(files, [&] { files.committed = reader.ledger_step(); });
  attempt(files, [&] { files.checkpoints = reader.steps(); });
  if (!files.checkpoints.empty()) {
    attempt(files, [&] {
      files.program =
          program_text(reader.open(files.checkpoints.back(), CheckDepth::kSizes).manifest);
    });
  }
}

std::string folder_name(const fs::path& run) {
  const fs::path path = fs::absolute(run).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace

Baselines parse_baselines(std::string_view text) {
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    throw DataError("baseline.json: must be {name: {metric: number}}");
  }
  Baselines baselines;
  for (const auto& [name, numbers] : document.items()) {
    if (!numbers.is_object()) {
      throw DataError("baseline.json: '" + name + "' must be {metric: number}");
    }
    for (const auto& [metric, value] : numbers.items()) {
      if (value.is_number()) {
        baselines[name][metric] = value;
      }
    }
  }
  return baselines;
}

RunFiles read_run(FileSystem& file_system, const fs::path& run) {
  const fs::path metrics = run / "metrics.jsonl";
  if (!file_system.exists(metrics)) {
    throw NotFoundError(run.string() + " is no run directory: it has no metrics.jsonl");
  }
  RunFiles files;
  files.metrics = parse_metrics(file_system.read_all(metrics));
  files.name = files.metrics.run.empty() ? folder_name(run) : files.metrics.run;
  if (files.metrics.unreadable > 0) {
    files.problems.push_back(fmt::format("metrics.jsonl: {} line{} could not be read",
                                         files.metrics.unreadable,
                                         files.metrics.unreadable == 1 ? "" : "s"));
  }
  attempt(files, [&] {
    if (file_system.exists(run / "baseline.json")) {
      files.baselines = parse_baselines(file_system.read_all(run / "baseline.json", kMostBaseline));
    }
  });
  read_checkpoints(file_system, run, files);
  attempt(files, [&] {
    if (file_system.exists(run / kRetrievedName)) {
      files.retrieved = parse_retrieved(file_system.read_all(run / kRetrievedName, kMostRetrieved));
    }
  });
  return files;
}

}  // namespace tpretrain::report
