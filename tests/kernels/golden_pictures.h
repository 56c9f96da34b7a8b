/// Pictures and what other implementations make of them: NAME.json says which cases there are,
/// NAME.bin holds the source and then every result, [h, w, 3] one after the other.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tpretrain::kernels {

using Pixels = std::vector<uint8_t>;

class GoldenPictures {
 public:
  explicit GoldenPictures(const std::string& name) {
    const std::string path = std::string(TP_SOURCE_DIR) + "/tests/golden/image/" + name;
    std::ifstream pixels(path + ".bin", std::ios::binary);
    EXPECT_TRUE(pixels) << path;
    pixels_.assign(std::istreambuf_iterator<char>(pixels), {});
    std::ifstream text(path + ".json");
    json_ = nlohmann::json::parse(text);
  }

  int64_t height() const { return json_["height"]; }

  int64_t width() const { return json_["width"]; }

  const nlohmann::json& cases() const { return json_["cases"]; }

  /// The next picture of the file.
  Pixels take(int64_t height, int64_t width) {
    const int64_t size = height * width * 3;
    EXPECT_LE(at_ + size, static_cast<int64_t>(pixels_.size()));
    at_ += size;
    return {pixels_.begin() + at_ - size, pixels_.begin() + at_};
  }

 private:
  nlohmann::json json_;
  Pixels pixels_;
  int64_t at_ = 0;
};

inline int largest_difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.size(), b.size());
  int most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(int{a[i]} - int{b[i]}));
  }
  return most;
}

}  // namespace tpretrain::kernels
