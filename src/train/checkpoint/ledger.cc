#include "train/checkpoint/ledger.h"

#include <charconv>

#include <fmt/core.h>

#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

constexpr std::string_view kStep = " step=";
constexpr size_t kCrcLength = 13;  // " crc=" and 8 digits

std::string seal(std::string_view text) {
  return fmt::format("{} crc={:08x}", text, crc32c(text.data(), text.size()));
}

std::optional<int64_t> parse_line(std::string_view line) {
  if (line.size() < kCrcLength) {
    return std::nullopt;
  }
  const std::string_view text = line.substr(0, line.size() - kCrcLength);
  const size_t at = text.find(kStep);
  if (seal(text) != line || at == std::string_view::npos) {
    return std::nullopt;
  }
  int64_t step = 0;
  const char* begin = text.data() + at + kStep.size();
  const auto result = std::from_chars(begin, text.data() + text.size(), step);
  return result.ec == std::errc() ? std::optional(step) : std::nullopt;
}

}  // namespace

LedgerState read_ledger(FileSystem& file_system, const fs::path& path) {
  LedgerState state;
  if (!file_system.exists(path)) {
    return state;
  }
  const std::string text = file_system.read_all(path);
  state.used = !text.empty();
  for (const auto& line : split(text, '\n')) {
    if (const auto step = parse_line(line)) {
      state.step = step;
    }
  }
  return state;
}

void append_ledger(FileSystem& file_system, const fs::path& path, std::string_view verb,
                   int64_t step, std::string_view run_id) {
  std::string line = seal(fmt::format("{} step={} run={}", verb, step, run_id)) + "\n";
  const uint64_t size = file_system.exists(path) ? file_system.size(path) : 0;
  if (size > 0) {
    char last = 0;
    file_system.read(path, size - 1, &last, 1);
    if (last != '\n') {
      line.insert(line.begin(), '\n');
    }
  }
  const auto file = file_system.append(path);
  file->write(line.data(), line.size());
  file->sync();
  file->close();
}

}  // namespace tpretrain
