#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/interop/safetensors_testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

TEST(SafetensorsWriter, TheBytesAreThoseOfTheFormat) {
  StringFile out;
  SafetensorsWriter writer(
      out, {{"b", TensorType::kU8, {2}}, {"a", TensorType::kU8, {}}, {"z", TensorType::kF32, {1}}});
  writer.write(span_of("zzzz"));
  writer.write(span_of("a"));
  writer.write(span_of("bb"));
  writer.finish();
  std::string header = R"({"__metadata__":{"format":"pt"},)"
                       R"("z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                       R"("a":{"dtype":"U8","shape":[],"data_offsets":[4,5]},)"
                       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[5,7]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(out.bytes, file_bytes(header, "zzzzabb"));
  EXPECT_EQ(writer.bytes_written(), out.bytes.size());
  EXPECT_EQ(writer.xxh3(), xxh3_hex(out.bytes.data(), out.bytes.size()));
}

TEST(SafetensorsWriter, OrderIsTypeDescendingThenName) {
  StringFile out;
  const SafetensorsWriter writer(out, {{"c", TensorType::kBF16, {}},
                                       {"b", TensorType::kI64, {}},
                                       {"d", TensorType::kF32, {}},
                                       {"a", TensorType::kF32, {}},
                                       {"e", TensorType::kBool, {}}});
  std::string names;
  for (const auto& spec : writer.order()) {
    names += spec.name;
  }
  EXPECT_EQ(names, "badce");
}

TEST(SafetensorsWriter, PiecesAndEmptyTensorsGiveTheSameFile) {
  const std::vector<SafetensorsSpec> specs = {{"a", TensorType::kU8, {0}},
                                              {"b", TensorType::kU8, {5}},
                                              {"c", TensorType::kU8, {3, 0}},
                                              {"d", TensorType::kU8, {2}},
                                              {"e", TensorType::kU8, {0}}};
  StringFile whole;
  SafetensorsWriter first(whole, specs);
  first.write(span_of("bbbbb"));
  first.write(span_of("dd"));
  first.finish();
  StringFile pieces;
  SafetensorsWriter second(pieces, specs);
  for (const char* part : {"bb", "", "b", "bb", "d", "d", ""}) {
    second.write(span_of(part));
  }
  second.finish();
  EXPECT_EQ(whole.bytes, pieces.bytes);
  const SafetensorsFile file(span_of(whole.bytes), "whole");
  EXPECT_EQ(text_of(file.at("d").data), "dd");
  EXPECT_EQ(file.at("e").data.size(), 0U);
}

TEST(SafetensorsWriter, TooManyOrTooFewBytesAreErrors) {
  StringFile out;
  SafetensorsWriter writer(out, {{"a", TensorType::kU8, {2}}, {"b", TensorType::kU8, {1}}});
  EXPECT_THROW(writer.write(span_of("abc")), InternalError) << "a piece ends with its tensor";
  writer.write(span_of("aa"));
  EXPECT_THROW(writer.finish(), InternalError);
  writer.write(span_of("b"));
  writer.finish();
  EXPECT_THROW(writer.write(span_of("x")), InternalError);
}

TEST(SafetensorsWriter, ADuplicateNameIsAnError) {
  StringFile out;
  EXPECT_THROW(SafetensorsWriter(out, {{"a", TensorType::kU8, {1}}, {"a", TensorType::kF32, {1}}}),
               DataError);
}

TEST(SafetensorsWriter, MetadataIsAddedAndMayReplaceTheFormat) {
  StringFile out;
  SafetensorsWriter writer(out, {}, {{"step", "7"}, {"format", "np"}});
  writer.finish();
  const SafetensorsFile file(span_of(out.bytes), "out");
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "np"}, {"step", "7"}}));
}

TEST(SafetensorsWriter, RandomFilesComeBack) {
  uint64_t state = 7;
  const auto draw = [&state](size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<size_t>((state >> 33) % below);
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<SafetensorsSpec> specs(draw(12));
    std::map<std::string, std::string> expected;
    for (size_t i = 0; i < specs.size(); ++i) {
      specs[i].name = "t" + std::to_string(i);
      specs[i].type = static_cast<TensorType>(4 + draw(18));  // whole bytes
      for (size_t rank = draw(4); rank > 0; --rank) {
        specs[i].shape.push_back(static_cast<int64_t>(draw(5)));
      }
      std::string& data = expected[specs[i].name];
      for (uint64_t left = specs[i].bytes(); left > 0; --left) {
        data += static_cast<char>(draw(256));
      }
    }
    StringFile out;
    SafetensorsWriter writer(out, specs);
    for (const auto& spec : writer.order()) {
      writer.write(span_of(expected.at(spec.name)));
    }
    writer.finish();
    const SafetensorsFile file(span_of(out.bytes), "random");
    ASSERT_EQ(file.tensors().size(), specs.size());
    for (const auto& spec : specs) {
      const auto& tensor = file.at(spec.name);
      EXPECT_EQ(tensor.type, spec.type);
      EXPECT_EQ(tensor.shape, spec.shape);
      EXPECT_EQ(text_of(tensor.data), expected.at(spec.name));
      const auto offset = static_cast<int>(text_of(tensor.data).empty()
                                               ? 0
                                               : reinterpret_cast<const char*>(tensor.data.data()) -
                                                     out.bytes.data());
      EXPECT_EQ(offset % (spec.type == TensorType::kC64 ? 4 : tensor_type_bits(spec.type) / 8), 0)
          << "aligned to its element";
    }
  }
}

class SaveSafetensors : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / "save_safetensors";
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }

  void TearDown() override { fs::remove_all(directory_); }

  void save(const std::string& value) {
    SafetensorsTensor tensor;
    static_cast<SafetensorsSpec&>(tensor) = {
        "x", TensorType::kU8, {static_cast<int64_t>(value.size())}};
    tensor.data = span_of(value);
    save_safetensors(FileSystem::posix(), directory_ / "f.safetensors", {tensor});
  }

  fs::path directory_;
};

TEST_F(SaveSafetensors, ReplacesAFileThatIsStillMapped) {
  const std::string old_value(100'000, 'o');
  save(old_value);
  const SafetensorsFile mapped(directory_ / "f.safetensors");
  save("new");
  EXPECT_EQ(text_of(mapped.at("x").data), old_value);
  EXPECT_EQ(text_of(SafetensorsFile(directory_ / "f.safetensors").at("x").data), "new");
}

TEST_F(SaveSafetensors, LeavesOnlyTheFile) {
  save("value");
  EXPECT_EQ(FileSystem::posix().list(directory_), std::vector<std::string>{"f.safetensors"});
}

TEST_F(SaveSafetensors, AFailureLeavesTheOldFileAndNoScratch) {
  save("old");
  SafetensorsTensor bad;
  static_cast<SafetensorsSpec&>(bad) = {"\xff", TensorType::kU8, {0}};
  EXPECT_THROW(save_safetensors(FileSystem::posix(), directory_ / "f.safetensors", {bad}),
               DataError);
  EXPECT_EQ(text_of(SafetensorsFile(directory_ / "f.safetensors").at("x").data), "old");
  EXPECT_EQ(FileSystem::posix().list(directory_).size(), 1U);
}

}  // namespace
}  // namespace tpretrain::testing
