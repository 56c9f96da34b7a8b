#include "data/shard/shard_names.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "data/wildcards.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNames = 10'000'000;

[[noreturn]] void refuse_count(std::string_view pattern) {
  throw ConfigError(fmt::format("'{}' stands for more than {} shards", pattern, kMaxNames));
}

/// A number as it is written: "007" is three digits wide.
struct Bound {
  uint64_t value = 0;
  size_t width = 0;
};

std::optional<Bound> parse_bound(std::string_view text) {
  Bound bound;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound.value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  bound.width = text.size() > 1 && text[0] == '0' ? text.size() : 0;
  return bound;
}

/// The names of `first..last`, or none when the text is no range.
std::optional<std::vector<std::string>> expand_range(std::string_view text) {
  const size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = parse_bound(text.substr(0, dots));
  const auto last = parse_bound(text.substr(dots + 2));
  if (!first || !last) {
    return std::nullopt;
  }
  if (last->value < first->value) {
    throw ConfigError(fmt::format("the range {{{}}} of shards goes down", text));
  }
  if (last->value - first->value >= kMaxNames) {
    refuse_count(text);
  }
  std::vector<std::string> names;
  for (uint64_t i = 0; i <= last->value - first->value; ++i) {
    names.push_back(fmt::format("{:0{}}", first->value + i, std::max(first->width, last->width)));
  }
  return names;
}

/// Where the brace that is opened at `open` is closed.
size_t closing_brace(std::string_view pattern, size_t open) {
  int depth = 0;
  for (size_t i = open; i < pattern.size(); ++i) {
    depth += pattern[i] == '{' ? 1 : pattern[i] == '}' ? -1 : 0;
    if (depth == 0) {
      return i;
    }
  }
  throw ConfigError(fmt::format("a brace of '{}' is not closed", pattern));
}

/// The items of a list at its own depth; those in braces of their own are left together.
std::vector<std::string_view> split_items(std::string_view list) {
  std::vector<std::string_view> items;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i == list.size() || (list[i] == ',' && depth == 0)) {
      items.push_back(list.substr(begin, i - begin));
      begin = i + 1;
    } else {
      depth += list[i] == '{' ? 1 : list[i] == '}' ? -1 : 0;
    }
  }
  return items;
}

std::vector<std::string> expand_list(std::string_view list) {
  if (auto range = expand_range(list)) {
    return *std::move(range);
  }
  const std::vector<std::string_view> items = split_items(list);
  if (items.size() == 1) {
    throw ConfigError(
        fmt::format("{{{}}} is neither a range {{000..123}} nor a list {{a,b}}", list));
  }
  std::vector<std::string> names;
  for (const std::string_view item : items) {
    for (std::string& name : expand_braces(item)) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

std::vector<std::string> matching_shards(const std::string& pattern) {
  std::vector<std::string> names = matching_names(pattern);
  std::erase_if(names, [](const std::string& name) { return name.ends_with(".idx"); });
  if (names.empty()) {
    throw NotFoundError(fmt::format("no file matches '{}'", pattern));
  }
  return names;
}

/// A name with wildcards may be that of a file too.
std::vector<std::string> shards_named(const std::string& name) {
  std::error_code error;
  return has_wildcard(name) && !fs::exists(name, error) ? matching_shards(name)
                                                        : std::vector<std::string>{name};
}

void check_local(const std::string& pattern) {
  if (pattern.starts_with("pipe:") || pattern.find("://") != std::string::npos) {
    throw ConfigError(
        fmt::format("'{}' is no file: shards are read where they lie, at any place", pattern),
        "copy the shards to a disk and name the files");
  }
}

}  // namespace

std::vector<std::string> split_shard_list(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find("::", begin), text.size());
    if (end > begin) {
      parts.emplace_back(text.substr(begin, end - begin));
    }
    begin = end + 2;
  }
  return parts;
}

std::vector<std::string> expand_braces(std::string_view pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) {
    return {std::string(pattern)};
  }
  const size_t close = closing_brace(pattern, open);
  const std::vector<std::string> middles = expand_list(pattern.substr(open + 1, close - open - 1));
  const std::vector<std::string> tails = expand_braces(pattern.substr(close + 1));
  if (middles.size() > kMaxNames / tails.size()) {
    refuse_count(pattern);
  }
  std::vector<std::string> names;
  names.reserve(middles.size() * tails.size());
  for (const std::string& middle : middles) {
    for (const std::string& tail : tails) {
      names.push_back(std::string(pattern.substr(0, open)) + middle + tail);
    }
  }
  return names;
}

std::vector<std::string> expand_shards(const std::vector<std::string>& patterns) {
  std::vector<std::string> shards;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name, const std::string& pattern) {
    std::error_code error;
    if (!fs::is_regular_file(name, error)) {
      throw NotFoundError(
          name == pattern ? fmt::format("the shard '{}' does not exist", name)
                          : fmt::format("the shard '{}' of '{}' does not exist", name, pattern));
    }
    if (seen.insert(fs::absolute(name).lexically_normal().string()).second) {
      shards.push_back(name);
    }
  };
  for (const std::string& list : patterns) {
    check_local(list);
    for (const std::string& pattern : split_shard_list(list)) {
      for (const std::string& name : expand_braces(pattern)) {
        for (const std::string& shard : shards_named(name)) {
          add(shard, pattern);
        }
      }
    }
  }
  return shards;
}

}  // namespace tpretrain::data
