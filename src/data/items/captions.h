/// Captions and labels out of foreign text. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpretrain::data {

/// Blanks at both ends taken away, line breaks inside made blanks.
std::string clean_caption(std::string_view text);

/// What the names of files say: "_" and "-" become blanks, a number at the end goes.
/// "red_apple-003" gives "red apple".
std::string caption_of_name(std::string_view name);

/// An ASCII integer with blanks around it.
std::optional<int64_t> parse_label(std::string_view text);

/// What a JSON object says of a picture. Every member is looked for under the first of its keys
/// that the object has.
struct JsonItem {
  std::optional<std::string> image;
  std::vector<std::string> captions;  ///< cleaned; empty ones left out
  std::optional<int64_t> label;
  std::vector<std::string> keys;  ///< of the object, the first 20, for messages
};

struct JsonKeys {
  std::vector<std::string> image;
  std::vector<std::string> caption;
  std::vector<std::string> label;
};

/// Errors: DataError without a place: no JSON object, a caption that is neither a string nor a list
/// of strings, an image that is no string, a label that is no integer.
JsonItem read_json_item(std::string_view text, const JsonKeys& keys);

/// The keys that captions and labels have in the JSON member of a shard's sample.
const JsonKeys& shard_json_keys();

}  // namespace tpretrain::data
