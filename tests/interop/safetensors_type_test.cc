#include <gtest/gtest.h>

#include "tpretrain/base/error.h"
#include "tpretrain/interop/safetensors.h"

namespace tpretrain {
namespace {

TEST(TensorType, NamesGoBothWays) {
  for (int i = 0; i <= static_cast<int>(TensorType::kU64); ++i) {
    const auto type = static_cast<TensorType>(i);
    EXPECT_EQ(tensor_type(tensor_type_name(type)), type);
  }
  EXPECT_EQ(tensor_type_name(TensorType::kF32), "F32");
  EXPECT_EQ(tensor_type_name(TensorType::kU64), "U64");
  EXPECT_EQ(tensor_type_name(TensorType::kF8E8M0), "F8_E8M0");
  EXPECT_EQ(tensor_type("f32"), std::nullopt);
  EXPECT_EQ(tensor_type(""), std::nullopt);
}

TEST(TensorType, AlignmentNeverDecreasesInTheOrderOfTheEnum) {
  const auto alignment = [](int i) {
    const int bits = tensor_type_bits(static_cast<TensorType>(i));
    return i == static_cast<int>(TensorType::kC64) ? 32 : std::max(bits, 8);
  };
  for (int i = 1; i <= static_cast<int>(TensorType::kU64); ++i) {
    EXPECT_LE(alignment(i - 1), alignment(i)) << i;
  }
}

TEST(SafetensorsSpec, BytesFollowFromTypeAndShape) {
  const auto bytes = [](TensorType type, std::vector<int64_t> shape) {
    return SafetensorsSpec{"x", type, std::move(shape)}.bytes();
  };
  EXPECT_EQ(bytes(TensorType::kF32, {}), 4U);
  EXPECT_EQ(bytes(TensorType::kBF16, {3, 5}), 30U);
  EXPECT_EQ(bytes(TensorType::kBool, {7}), 7U);
  EXPECT_EQ(bytes(TensorType::kF4, {2, 3}), 3U);
  EXPECT_EQ(bytes(TensorType::kF6E2M3, {4}), 3U);
  EXPECT_EQ(bytes(TensorType::kC64, {2}), 16U);
  EXPECT_EQ(bytes(TensorType::kF64, {4, 0, 9}), 0U);
}

TEST(SafetensorsSpec, ASizeThatIsNoNumberOfBytesIsAnError) {
  const auto bytes = [](TensorType type, std::vector<int64_t> shape) {
    return SafetensorsSpec{"x", type, std::move(shape)}.bytes();
  };
  EXPECT_THROW(bytes(TensorType::kF4, {3}), DataError);
  EXPECT_THROW(bytes(TensorType::kF32, {-1}), DataError);
  EXPECT_THROW(bytes(TensorType::kF32, {0, -1}), DataError);
  EXPECT_THROW(bytes(TensorType::kU8, {int64_t{1} << 40, int64_t{1} << 40}), DataError);
  EXPECT_THROW(bytes(TensorType::kU8, {int64_t{1} << 62}), DataError) << "2^62 x 8 bits";
  EXPECT_EQ(bytes(TensorType::kU8, {int64_t{1} << 60}), uint64_t{1} << 60);
}

}  // namespace
}  // namespace tpretrain
