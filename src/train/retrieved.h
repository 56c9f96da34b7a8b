/// retrieved.json of a run directory: what a trained model found for some queries. `report` shows
/// it.
///
///   [{"query": ITEM, "found": [ITEM with "score" and "right", best first]}, ...]
///   ITEM: {"text": "a red house"} or {"image": "data:image/png;base64,..."}, or both
///   "score": number, the similarity; "right": true where the item belongs to the query
///
/// Pictures are small PNG files inside the text, so that neither the file nor the page refers to
/// anything outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tpretrain {

inline constexpr const char* kRetrievedName = "retrieved.json";

struct RetrievedItem {
  std::string text;   ///< may be empty when there is a picture
  std::string image;  ///< data URI of a PNG; empty: none
};

struct FoundItem : RetrievedItem {
  double score = 0;
  bool right = false;
};

struct Retrieved {
  RetrievedItem query;
  std::vector<FoundItem> found;  ///< best first
};

/// "data:image/png;base64,..." of the bytes of a PNG file.
std::string png_data_uri(std::string_view png);

std::string format_retrieved(const std::vector<Retrieved>& results);

/// Errors: DataError naming the entry, where the text is not of the form above: also for an image
/// that is anything but a PNG data URI.
std::vector<Retrieved> parse_retrieved(std::string_view text);

}  // namespace tpretrain
