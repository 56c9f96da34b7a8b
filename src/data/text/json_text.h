/// The text in one line of a JSON-lines corpus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::text {

struct JsonText {
  enum class Status { kText, kNoObject, kNoKey };
  Status status = Status::kNoObject;
  std::string text;
  std::vector<std::string> keys;  ///< of the object, the first 20, shortened, for messages
};

/// The string under `key` at the top of the object in `line` (valid UTF-8).
JsonText read_json_text(std::string_view line, const std::string& key);

}  // namespace tpretrain::text
