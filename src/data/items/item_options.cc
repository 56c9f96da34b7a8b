#include "data/items/item_options.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

void ItemOptions::describe(ConfigVisitor& v) {
  v.choice("bad_items", bad_items,
           "Damaged or incomplete items. skip: counted, named and replaced; error: stop.",
           {"skip", "error"});
  v.field("max_caption", max_caption, "Bytes of the longest caption that is kept whole.",
          {.min = 1, .max = 1 << 24});
  v.choice("long_caption", long_caption, "A longer one. cut: keep its start; refuse: a bad item.",
           {"cut", "refuse"});
  v.field("max_pixels", max_pixels, "Pixels of the largest picture that is decoded.",
          {.min = 1, .max = 1e10});
  v.choice("alpha", alpha, "Transparent pixels. white: on white; drop: colours as stored.",
           {"white", "drop"});
}

ImageLimits ItemOptions::limits() const {
  return {.max_pixels = max_pixels, .alpha = alpha};
}

void ItemOptions::limit_captions(std::vector<std::string>& captions,
                                 const std::string& where) const {
  for (std::string& caption : captions) {
    const auto most = static_cast<size_t>(max_caption);
    if (caption.size() <= most) {
      continue;
    }
    if (long_caption == LongCaption::kRefuse) {
      throw DataError(fmt::format("{}: a caption of {} bytes; `max_caption` is {}", where,
                                  caption.size(), max_caption));
    }
    cut_text(caption, most);
  }
}

void cut_text(std::string& text, size_t most) {
  if (text.size() <= most) {
    return;
  }
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) {
    --most;  // inside a character
  }
  text.resize(most);
}

void ItemFaults::add(const std::string& kind, const std::string& where, int64_t count) {
  if (policy_ == BadItems::kError) {
    throw DataError(where, "`bad_items: skip` leaves such items out and counts them");
  }
  constexpr size_t kPlaces = 3;
  Kind& found = kinds_[kind];
  found.count += count;
  if (found.places.size() < kPlaces) {
    found.places.push_back(where);
  }
}

int64_t ItemFaults::count() const {
  int64_t count = 0;
  for (const auto& [kind, found] : kinds_) {
    count += found.count;
  }
  return count;
}

std::vector<std::string> ItemFaults::lines() const {
  std::vector<std::string> lines;
  for (const auto& [kind, found] : kinds_) {
    lines.push_back(fmt::format("{}: {} left out, first: {}", kind, with_commas(found.count),
                                join(found.places, "; ")));
  }
  return lines;
}

void ItemFaults::report(const std::string& source) const {
  for (const std::string& line : lines()) {
    log::warn("data", source + ": " + line);
  }
}

}  // namespace tpretrain::data
