#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "tpretrain/interop/convert.h"

namespace tpretrain {
namespace {

std::vector<float> floats_of(const SafetensorsFile& file, const std::string& name) {
  const SafetensorsTensor& tensor = file.at(name);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(ResizePositions, IsTorchsBicubicWithoutAlignedCorners) {
  const SafetensorsFile golden(TP_SOURCE_DIR "/tests/golden/clip/positions.safetensors");
  const std::vector<float> table = floats_of(golden, "table");
  for (const int64_t side : {2, 3, 5, 7}) {
    const std::vector<float> expected = floats_of(golden, "to." + std::to_string(side));
    std::vector<float> out(expected.size());
    resize_positions(table, out, 4, side, 3);
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(out[i], expected[i], 2e-6) << "side " << side << ", number " << i;
    }
  }
}

TEST(ResizePositions, TheSameGridKeepsEveryNumber) {
  std::vector<float> table;
  for (int i = 0; i < 2 * (2 + 9); ++i) {
    table.push_back(std::sin(static_cast<float>(i)));
  }
  std::vector<float> out(table.size());
  resize_positions(table, out, 3, 3, 2);
  EXPECT_EQ(out, table);
}

TEST(ResizePositions, AConstantStaysOne) {
  std::vector<float> out(25);
  resize_positions(std::vector<float>(4, 1.5F), out, 2, 5, 1);
  for (const float value : out) {
    EXPECT_NEAR(value, 1.5F, 1e-6);
  }
}

}  // namespace
}  // namespace tpretrain
