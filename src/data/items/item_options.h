/// What all sources of pictures share: policies for bad items, caps, faults by kind. Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/image/open_image.h"
#include "tpretrain/base/config.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

enum class LongCaption {
  kCut,     ///< to max_caption, at the end of a character
  kRefuse,  ///< the item is a bad one
};

struct ItemOptions {
  BadItems bad_items = BadItems::kSkip;
  int64_t max_caption = int64_t{64} << 10;  ///< bytes
  LongCaption long_caption = LongCaption::kCut;
  int64_t max_pixels = ImageLimits().max_pixels;
  AlphaRule alpha = ImageLimits().alpha;

  /// The keys of a recipe.
  void describe(ConfigVisitor& v);

  ImageLimits limits() const;
  /// Errors: DataError "WHERE: ..." with `long_caption: refuse`.
  void limit_captions(std::vector<std::string>& captions, const std::string& where) const;
};

/// Keeps at most the first `most` bytes, whole UTF-8 characters of them.
void cut_text(std::string& text, size_t most);

/// Bytes of the largest encoded picture that is read.
inline constexpr uint64_t kMaxImageBytes = uint64_t{256} << 20;

/// What was left out while a source was opened.
class ItemFaults {
 public:
  explicit ItemFaults(BadItems policy) : policy_(policy) {}

  /// Counts a fault of this kind. `where` names the item. Errors: DataError by policy.
  void add(const std::string& kind, const std::string& where, int64_t count = 1);

  int64_t count() const;
  /// One line for each kind that occurred: "bad_row: 12 left out, first: a, b, c".
  std::vector<std::string> lines() const;
  /// The lines, as warnings.
  void report(const std::string& source) const;

 private:
  struct Kind {
    int64_t count = 0;
    std::vector<std::string> places;
  };

  BadItems policy_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace tpretrain::data
