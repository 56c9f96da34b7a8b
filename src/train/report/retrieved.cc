#include "train/retrieved.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPngUri = "data:image/png;base64,";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_png_uri(std::string_view uri) {
  return uri.starts_with(kPngUri) &&
         uri.substr(kPngUri.size()).find_first_not_of(std::string(kBase64) + "=") ==
             std::string_view::npos;
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw DataError(fmt::format("{}: {} {}", kRetrievedName, where, what));
}

/// A string, or "" where the key is absent.
std::string text_at(const Json& item, const char* key, const std::string& where) {
  const auto value = item.find(key);
  if (value == item.end()) {
    return "";
  }
  if (!value->is_string()) {
    fail(where + "." + key, "must be a string");
  }
  return value->get<std::string>();
}

RetrievedItem parse_item(const Json& json, const std::string& where) {
  if (!json.is_object() || (!json.contains("text") && !json.contains("image"))) {
    fail(where, "must be an object with text or image");
  }
  RetrievedItem item{text_at(json, "text", where), text_at(json, "image", where)};
  if (!item.image.empty() && !is_png_uri(item.image)) {
    fail(where + ".image", "must begin with data:image/png;base64, and hold base64 only");
  }
  return item;
}

FoundItem parse_found(const Json& json, const std::string& where) {
  FoundItem found{parse_item(json, where)};
  const auto score = json.find("score");
  const auto right = json.find("right");
  if (score == json.end() || !score->is_number() || right == json.end() || !right->is_boolean()) {
    fail(where, "must have a number `score` and a boolean `right`");
  }
  found.score = *score;
  found.right = *right;
  return found;
}

Json item_json(const RetrievedItem& item) {
  Json json = Json::object();
  if (!item.text.empty() || item.image.empty()) {
    json["text"] = item.text;
  }
  if (!item.image.empty()) {
    json["image"] = item.image;
  }
  return json;
}

}  // namespace

std::string png_data_uri(std::string_view png) {
  std::string uri(kPngUri);
  uri.reserve(uri.size() + (png.size() + 2) / 3 * 4);
  for (size_t at = 0; at < png.size(); at += 3) {
    const size_t taken = std::min<size_t>(3, png.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < taken ? static_cast<unsigned char>(png[at + i]) : 0U);
    }
    for (size_t i = 0; i < 4; ++i) {
      uri += i <= taken ? kBase64[bits >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return uri;
}

std::string format_retrieved(const std::vector<Retrieved>& results) {
  Json document = Json::array();
  for (const Retrieved& result : results) {
    Json found = Json::array();
    for (const FoundItem& item : result.found) {
      Json json = item_json(item);
      json["score"] = item.score;
      json["right"] = item.right;
      found.push_back(json);
    }
    document.push_back({{"query", item_json(result.query)}, {"found", found}});
  }
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<Retrieved> parse_retrieved(std::string_view text) {
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_array()) {
    fail("the document", "must be a list of {query, found}");
  }
  std::vector<Retrieved> results;
  for (size_t i = 0; i < document.size(); ++i) {
    const std::string where = fmt::format("entry {}", i);
    const Json& entry = document[i];
    if (!entry.is_object() || !entry.contains("query") || !entry.contains("found") ||
        !entry.at("found").is_array()) {
      fail(where, "must be {query, found: [...]}");
    }
    Retrieved& result = results.emplace_back();
    result.query = parse_item(entry.at("query"), where + ".query");
    const Json& found = entry.at("found");
    for (size_t k = 0; k < found.size(); ++k) {
      result.found.push_back(parse_found(found[k], fmt::format("{}.found[{}]", where, k)));
    }
  }
  return results;
}

}  // namespace tpretrain
