#include "data/items/captions.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

using Json = nlohmann::json;

constexpr size_t kShownKeys = 20;
constexpr size_t kShownBytes = 64;  ///< of each key
constexpr int kMaxDepth = 64;

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Refuses a text whose nesting would go deep before it is built.
bool keep_shallow(int depth, Json::parse_event_t, Json&) {
  if (depth > kMaxDepth) {
    throw DataError(fmt::format("JSON that is nested more than {} deep", kMaxDepth));
  }
  return true;
}

Json parse_object(std::string_view text) {
  Json object;
  try {
    object = Json::parse(text.begin(), text.end(), keep_shallow);
  } catch (const Json::exception&) {
    throw DataError("is no valid JSON");
  }
  if (!object.is_object()) {
    throw DataError("is no JSON object");
  }
  return object;
}

/// The value under the first key that is there and not null.
const Json* find(const Json& object, const std::vector<std::string>& keys, std::string& key) {
  for (const std::string& name : keys) {
    const auto at = object.find(name);
    if (at != object.end() && !at->is_null()) {
      key = name;
      return &*at;
    }
  }
  return nullptr;
}

void add_caption(const Json& value, const std::string& key, std::vector<std::string>& captions) {
  if (!value.is_string()) {
    throw DataError(fmt::format("'{}' must be a string or a list of strings", key));
  }
  std::string caption = clean_caption(value.get_ref<const std::string&>());
  if (!caption.empty()) {
    captions.push_back(std::move(caption));
  }
}

}  // namespace

std::string clean_caption(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  std::string caption(text);
  std::replace_if(
      caption.begin(), caption.end(), [](char c) { return c >= '\t' && c <= '\r'; }, ' ');
  return caption;
}

std::string caption_of_name(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  for (size_t i = 0; i <= name.size(); ++i) {
    const bool between = i == name.size() || name[i] == '_' || name[i] == '-' || is_blank(name[i]);
    if (!between) {
      word += name[i];
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  const auto is_number = [](const std::string& text) {
    return text.find_first_not_of("0123456789") == std::string::npos;
  };
  while (words.size() > 1 && is_number(words.back())) {
    words.pop_back();
  }
  return join(words, " ");
}

std::optional<int64_t> parse_label(std::string_view text) {
  const std::string digits = clean_caption(text);
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, value);
  return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

JsonItem read_json_item(std::string_view text, const JsonKeys& keys) {
  const Json object = parse_object(text);
  JsonItem item;
  for (auto at = object.begin(); at != object.end() && item.keys.size() < kShownKeys; ++at) {
    item.keys.push_back(escape_control(at.key().substr(0, kShownBytes)));
  }
  std::string key;
  if (const Json* image = find(object, keys.image, key)) {
    if (!image->is_string()) {
      throw DataError(fmt::format("'{}' must be a string: the file of the picture", key));
    }
    item.image = image->get<std::string>();
  }
  if (const Json* caption = find(object, keys.caption, key)) {
    if (caption->is_array()) {
      for (const Json& one : *caption) {
        add_caption(one, key, item.captions);
      }
    } else {
      add_caption(*caption, key, item.captions);
    }
  }
  if (const Json* label = find(object, keys.label, key)) {
    if (!label->is_number_integer() ||
        (label->is_number_unsigned() && label->get<uint64_t>() > uint64_t{INT64_MAX})) {
      throw DataError(fmt::format("'{}' must be an integer: the index of the class", key));
    }
    item.label = label->get<int64_t>();
  }
  return item;
}

const JsonKeys& shard_json_keys() {
  static const JsonKeys keys{{}, {"captions", "caption", "text"}, {"label", "cls"}};
  return keys;
}

}  // namespace tpretrain::data
