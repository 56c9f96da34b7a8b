/// Reading and writing recipes. Foreign input: size, depth and node count are capped, aliases,
/// anchors, tags, merge keys and duplicate keys are refused.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tpretrain/base/node.h"

namespace tpretrain {

struct YamlLimits {
  size_t bytes = 1 << 20;
  int depth = 32;
  int nodes = 100'000;
};

/// Parses one YAML document; an empty one is an empty map. The value of a map entry carries the
/// mark of its key. Errors: ConfigError "source:line:column: ...".
Node parse_yaml(std::string_view text, const std::string& source, const YamlLimits& limits = {});

/// Reads a file and parses it. Errors: NotFoundError, IoError, ConfigError.
Node read_yaml(const std::filesystem::path& path, const YamlLimits& limits = {});

/// Canonical block-style YAML that parses back to the same values: strings that would read as
/// another type are quoted. `comment`, when given, is asked for a trailing comment of each scalar.
std::string write_yaml(const Node& node, std::string (*comment)(const Node&) = nullptr);

/// The comment that says where a value was written: its mark.
std::string origin_comment(const Node& node);

}  // namespace tpretrain
