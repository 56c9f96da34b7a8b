#include "cli/failure.h"

#include <cstdio>
#include <filesystem>
#include <new>

#include <fmt/core.h>

#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/run_directory.h"

namespace tpretrain::cli {
namespace {

/// LibTorch puts a backtrace below its message.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

struct Report {
  ExitStatus status = ExitStatus::kInternal;
  std::string message;  ///< one fault a line
  std::string hint;
};

constexpr const char* kMemoryHint = "a smaller train.micro_batch needs less, with the same result";

Report report_of(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    return {exit_status(ours->code()), ours->what(), ours->hint()};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {ExitStatus::kInternal, "out of memory", kMemoryHint};
  }
  if (const auto* system = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    return {ExitStatus::kIo, system->what(), ""};
  }
  const std::string message = first_line(error.what());
  if (message.find("can't allocate memory") != std::string::npos) {
    return {ExitStatus::kInternal, "out of memory", kMemoryHint};
  }
  return {ExitStatus::kInternal, message, "this is a defect of tpretrain; please report it"};
}

void write_record(const Outcome& outcome, const RunState& state) {
  if (state.run.empty()) {
    return;
  }
  try {
    if (outcome.status == ExitStatus::kOk) {
      FileSystem::posix().remove(state.run / "exit" / "rank-0.json");
      return;
    }
    write_exit_record(
        FileSystem::posix(), state.run,
        {0, host_name(), state.step, static_cast<int>(outcome.status), outcome.reason});
  } catch (const Error& error) {
    log::warn("exit", error.what());
  }
}

/// What cannot be said does not change how the process ends.
void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stderr);
}

}  // namespace

int fail(const std::exception& error, const RunState& state) {
  const Report report = report_of(error);
  const char* red = log::color_enabled() ? "\x1b[31m" : "";
  const char* plain = log::color_enabled() ? "\x1b[0m" : "";
  for (const std::string& line : split(report.message, '\n')) {
    say(fmt::format("tpretrain: {}error:{} {}", red, plain, escape_control(line)));
  }
  if (!report.hint.empty()) {
    say("hint: " + escape_control(report.hint));
  }
  return finish({report.status, first_line(report.message)}, state);
}

int finish(const Outcome& outcome, const RunState& state) {
  const int code = static_cast<int>(outcome.status);
  write_record(outcome, state);
  if (outcome.status != ExitStatus::kOk) {
    say(fmt::format("tpretrain: FATAL rank=0 host={} step={} code={} reason={}", host_name(),
                    state.step, code, escape_control(outcome.reason)));
  }
  return code;
}

}  // namespace tpretrain::cli
