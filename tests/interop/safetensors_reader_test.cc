#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/interop/safetensors_testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHeader = R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                            R"("a.weight":{"dtype":"U8","shape":[1,3],"data_offsets":[2,5]}})";

std::string error_of(const std::string& bytes) {
  try {
    SafetensorsFile(span_of(bytes), "some.safetensors");
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SafetensorsFile, TensorsPointIntoTheBytes) {
  const std::string bytes = file_bytes(kHeader, "xyzuv");
  const SafetensorsFile file(span_of(bytes), "label");
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(text_of(file.at("b").data), "xy");
  EXPECT_EQ(text_of(file.at("a.weight").data), "zuv");
  EXPECT_EQ(file.at("a.weight").shape, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(static_cast<const void*>(file.at("b").data.data()), bytes.data() + 8 + kHeader.size());
  EXPECT_EQ(file.find("c"), nullptr);
}

TEST(SafetensorsFile, AnUnknownNameIsAnErrorWithTheNearestOne) {
  const std::string bytes = file_bytes(kHeader, "xyzuv");
  const SafetensorsFile file(span_of(bytes), "some.safetensors");
  try {
    file.at("a.wieght");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'some.safetensors' has no tensor 'a.wieght'"));
    EXPECT_THAT(error.what(), HasSubstr("a.weight"));
  }
}

TEST(SafetensorsFile, AMappedFileReadsLikeABuffer) {
  const fs::path path = fs::path(::testing::TempDir()) / "mapped.safetensors";
  std::ofstream(path, std::ios::binary) << file_bytes(kHeader, "xyzuv");
  const SafetensorsFile file(path);
  EXPECT_EQ(text_of(file.at("a.weight").data), "zuv");
  fs::remove(path);
}

TEST(SafetensorsFile, EveryTruncationIsRefused) {
  const std::string bytes = file_bytes(kHeader, "xyzuv");
  EXPECT_EQ(error_of(bytes), "accepted");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(error_of(bytes.substr(0, size)), HasSubstr("some.safetensors")) << size;
  }
  EXPECT_NE(error_of(bytes + "!"), "accepted");
}

TEST(SafetensorsFile, TheLengthFieldIsCheckedBeforeAnythingIsRead) {
  const std::string bytes = file_bytes(kHeader, "xyzuv");
  for (const uint64_t length : {uint64_t{0}, uint64_t{bytes.size() - 7}, uint64_t{100'000'001},
                                uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{0} - 7}) {
    std::string changed = bytes;
    for (size_t i = 0; i < 8; ++i) {
      changed[i] = static_cast<char>(length >> (8 * i) & 0xff);
    }
    EXPECT_NE(error_of(changed), "accepted") << length;
  }
}

TEST(SafetensorsFile, AHeaderBeyondTheLimitIsRefusedThoughTheFileHasIt) {
  const fs::path path = fs::path(::testing::TempDir()) / "long_header.safetensors";
  std::ofstream(path, std::ios::binary) << std::string("\x01\xe1\xf5\x05\0\0\0\0", 8);
  fs::resize_file(path, 8 + SafetensorsFile::kMaxHeader + 1);  // sparse
  try {
    const SafetensorsFile file(path);
    ADD_FAILURE() << "accepted";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("at most 100000000 bytes, but has 100000001"));
  }
  fs::remove(path);
}

}  // namespace
}  // namespace tpretrain::testing
