/// A training run of about a second with many checkpoints, and processes of it that can be stopped
/// at any instant.
#pragma once

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/project.h"

namespace tpretrain {

constexpr int kSteps = 30;
constexpr int kCheckpointEvery = 5;

using Environment = std::vector<std::pair<std::string, std::string>>;

/// The program in the background; killed when the test leaves it.
class Job {
 public:
  Job(const ProgramCall& call, std::filesystem::path log) : log_(std::move(log)) {
    child_ = fork();
    if (child_ == 0) {
      const int out = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      program_detail::become_program(call);
    }
  }

  ~Job() {
    if (child_ > 0) {
      send(SIGKILL);
      wait();
    }
  }

  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void send(int signal) const { ::kill(child_, signal); }

  /// Exit status, or 128 + the signal that ended it.
  int wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  std::string log() const { return read_file(log_); }

  /// Waits until the log holds `text`; false when the program has ended without it.
  bool reaches(const std::string& text) const {
    while (log().find(text) == std::string::npos) {
      siginfo_t info{};
      waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT);
      if (info.si_pid != 0) {
        return log().find(text) != std::string::npos;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  std::filesystem::path log_;
  pid_t child_ = -1;
};

/// What a run leaves behind that must not depend on how it came to its end.
struct Trace {
  std::string model;
  std::string optimizer;
  std::vector<std::string> metrics;
};

class Training {
 public:
  Training() {
    project_.write("train.yaml", recipe());
    project_.preprocess();
  }

  ProgramCall call(const std::string& run, const std::vector<std::string>& more = {},
                   const Environment& environment = {}) const {
    ProgramCall call{.arguments = {"pretrain", "train.yaml", "--run", run},
                     .folder = project_.path(),
                     .environment = environment,
                     .input = ""};
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }

  ProgramResult train(const std::string& run, const std::vector<std::string>& more = {},
                      const Environment& environment = {}) const {
    return run_program(call(run, more, environment));
  }

  /// Trains to the end and gives back what is left.
  Trace finish(const std::string& run, const std::vector<std::string>& more = {}) const {
    const ProgramResult result = train(run, more);
    EXPECT_EQ(result.status, 0) << run << "\n" << result.err;
    return trace(run);
  }

  Trace trace(const std::string& run) const {
    const auto last = checkpoint(run, kSteps);
    return {read_file(last / "model.safetensors"), read_file(last / "optimizer-0000.safetensors"),
            metrics(run)};
  }

  std::filesystem::path path(const std::string& run) const { return project_.path() / run; }

  std::filesystem::path checkpoint(const std::string& run, int64_t step) const {
    std::string digits = std::to_string(step);
    digits.insert(0, 7 - digits.size(), '0');
    return path(run) / "checkpoints" / ("step-" + digits);
  }

  /// Every step that the ledger calls committed, in the order of its lines.
  std::vector<int64_t> ledger(const std::string& run) const {
    std::vector<int64_t> steps;
    for (const std::string& line : lines_of(read_file(path(run) / "ledger"))) {
      const size_t at = line.find("committed step=");
      if (at != std::string::npos && line.find(" crc=") != std::string::npos) {
        steps.push_back(std::stoll(line.substr(at + 15)));
      }
    }
    return steps;
  }

  /// Flips a bit in the middle of a file of a checkpoint.
  void damage(const std::string& run, int64_t step) const {
    const auto file = checkpoint(run, step) / "model.safetensors";
    std::string bytes = read_file(file);
    bytes.at(bytes.size() / 2) ^= 0x10;
    std::ofstream(file, std::ios::binary) << bytes;
  }

 private:
  static std::string recipe() {
    std::string text = Project::recipe();
    const auto put = [&text](const std::string& from, const std::string& to) {
      text.replace(text.find(from), from.size(), to);
    };
    put("hidden: 16", "hidden: 32");
    put("ffn: 32", "ffn: 64");
    put("duration: 6 steps", "duration: " + std::to_string(kSteps) + " steps");
    put("batch: 8 samples", "batch: 8 samples\n  micro_batch: 2\n  clip: 1.0");
    put("schedule: constant", "schedule: {linear: {warmup: 5 steps}}");
    put("every: 3 steps", "every: 10 steps");
    put("every: 2 steps, keep: 2",
        "every: " + std::to_string(kCheckpointEvery) + " steps, keep: 3");
    return text;
  }

  /// The lines of metrics.jsonl with the names that are results, not timings.
  std::vector<std::string> metrics(const std::string& run) const {
    std::vector<std::string> lines;
    for (const std::string& text : lines_of(read_file(path(run) / "metrics.jsonl"))) {
      const Json line = Json::parse(text);
      Json kept;
      for (const auto& [name, value] : line.items()) {
        if (name == "step" || name == "split" || name == "lr" || name == "grad_norm" ||
            name == "tokens" || name == "samples" || name.starts_with("loss") ||
            name.starts_with("accuracy")) {
          kept[name] = value;
        }
      }
      lines.push_back(kept.dump());
    }
    return lines;
  }

  Project project_;
};

inline void expect_same(const Trace& actual, const Trace& expected, const std::string& what) {
  ASSERT_FALSE(expected.model.empty());
  EXPECT_TRUE(actual.model == expected.model) << what << ": model.safetensors differs";
  EXPECT_TRUE(actual.optimizer == expected.optimizer) << what << ": the moments differ";
  EXPECT_EQ(actual.metrics, expected.metrics) << what;
}

}  // namespace tpretrain
