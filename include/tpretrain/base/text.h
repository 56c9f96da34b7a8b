/// Strings for people: suggestions, joining, escaping, quantities. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain {

/// Levenshtein distance in bytes.
int64_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` when its distance is at most max(2, size / 3); none otherwise.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known);

/// "; did you mean 'hidden'?", or "; known: a, b, c" for at most 12 names, or "".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

std::string join(const std::vector<std::string>& items, std::string_view separator);
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

/// Glob match over a dotted name: '*' matches any run of characters, dots included; '?' one
/// character. A pattern without wildcards also matches every name below it
/// ("encoder" matches "encoder.layers.0.weight").
bool name_matches(std::string_view pattern, std::string_view name);

/// Replaces control characters (ESC, BEL, newline, ...) by \xNN, so that foreign text is safe in
/// logs.
std::string escape_control(std::string_view text);

/// "1,234,567"
std::string with_commas(int64_t value);

/// "1.5 MiB"
std::string human_bytes(uint64_t bytes);

/// "2h 03m", "1m 05s", "12s"
std::string human_seconds(double seconds);

}  // namespace tpretrain
