#include "train/checkpoint/names.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/core.h>

namespace tpretrain {
namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::array<std::string_view, 4> kReasons = {"tmp", "bad", "old", "del"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

std::string step_name(int64_t step) {
  return fmt::format("step-{:07}", step);
}

std::string step_name(int64_t step, std::string_view why, std::string_view run_id) {
  return fmt::format("{}.{}.{}", step_name(step), why, run_id);
}

std::optional<StepName> parse_step_name(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) {
    return std::nullopt;
  }
  const size_t dot = name.find('.');
  const std::string_view digits = name.substr(kPrefix.size(), dot - kPrefix.size());
  StepName parsed;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.step);
  if (error != std::errc() || end != digits.data() + digits.size() || parsed.step < 0 ||
      step_name(parsed.step) != name.substr(0, dot)) {
    return std::nullopt;
  }
  if (dot == std::string_view::npos) {
    return parsed;
  }
  const std::string_view rest = name.substr(dot + 1);
  parsed.why = rest.substr(0, 3);
  if (std::find(kReasons.begin(), kReasons.end(), parsed.why) == kReasons.end() ||
      rest.size() < 5 || rest[3] != '.' || !valid_run_id(rest.substr(4))) {
    return std::nullopt;
  }
  parsed.run_id = rest.substr(4);
  return parsed;
}

bool valid_run_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), is_word);
}

bool valid_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name != kManifestName &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '.'; });
}

}  // namespace tpretrain
