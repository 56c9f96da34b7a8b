#include "interop/safetensors_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using ::testing::HasSubstr;

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(SafetensorsHeader, AValidHeaderIsReadInTheOrderOfItsData) {
  const std::string json = "{\"__metadata__\":{\"format\":\"pt\",\"k\":\"\\u00e9\"}," +
                           entry("late", "F32", "[2,1]", "[4,12]") + "," +
                           entry("none", "I64", "[3,0]", "[4,4]") + "," +
                           entry("early", "F16", "[2]", "[0,4]") + "}   ";
  const SafetensorsHeader header = parse_safetensors_header(json, 12);
  ASSERT_EQ(header.entries.size(), 3U);
  EXPECT_EQ(header.entries[0].spec.name, "early");
  EXPECT_EQ(header.entries[1].spec.name, "none");
  EXPECT_EQ(header.entries[2].spec.name, "late");
  EXPECT_EQ(header.entries[2].spec.shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(header.entries[2].begin, 4U);
  EXPECT_EQ(header.entries[2].end, 12U);
  EXPECT_EQ(header.metadata.at("k"), "\xc3\xa9");
}

TEST(SafetensorsHeader, AFileWithoutTensorsIsValid) {
  EXPECT_TRUE(parse_safetensors_header("{}", 0).entries.empty());
}

struct Hostile {
  const char* name;
  std::string json;
  uint64_t data;
  const char* reason;
};

std::string one(const std::string& type, const std::string& shape, const std::string& offsets) {
  return "{" + entry("x", type, shape, offsets) + "}";
}

const std::vector<Hostile>& hostile() {
  static const std::vector<Hostile> cases = {
      {"Empty", "", 0, "must start with '{'"},
      {"LeadingSpace", " {}", 0, "must start with '{'"},
      {"ByteOrderMark", "\xef\xbb\xbf{}", 0, "must start with '{'"},
      {"TopArray", "[]", 0, "must start with '{'"},
      {"Unterminated", "{", 0, "not valid JSON"},
      {"Trailing", "{}{}", 0, "not valid JSON"},
      {"TrailingGarbage", "{}x", 0, "not valid JSON"},
      {"NulAtEnd", std::string("{}\0", 3), 0, "a NUL byte"},
      {"DataBehindNul", std::string("{}\0{\"x\"", 7), 0, "a NUL byte"},
      {"BadUtf8Name", one("F32", "[]", "[0,4]").insert(2, "\xff"), 4, "not valid JSON"},
      {"BadUtf8Metadata", "{\"__metadata__\":{\"a\":\"\xc0\x80\"}}", 0, "not valid JSON"},
      {"SurrogateHalf", "{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0, "not valid JSON"},
      {"Comment", "{/**/}", 0, "not valid JSON"},
      {"SingleQuotes", "{'x':1}", 0, "not valid JSON"},
      {"EntryIsNumber", "{\"x\":1}", 0, "a number where none"},
      {"EntryIsString", "{\"x\":\"y\"}", 0, "a string where none"},
      {"EntryIsArray", "{\"x\":[]}", 0, "an array where none"},
      {"EntryIsNull", "{\"x\":null}", 0, "holds null"},
      {"EntryIsTrue", "{\"x\":true}", 0, "holds a boolean"},
      {"EntryIsEmpty", "{\"x\":{}}", 0, "without dtype, shape or data_offsets"},
      {"NoShape", "{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "without dtype"},
      {"NoType", "{\"x\":{\"shape\":[],\"data_offsets\":[0,1]}}", 1, "without dtype"},
      {"NoOffsets", "{\"x\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "without dtype"},
      {"UnknownKey", "{\"x\":{\"type\":\"U8\"}}", 0, "unknown key 'type'"},
      {"KeyTwice", "{\"x\":{\"shape\":[1],\"shape\":[1]}}", 0, "'shape' twice"},
      {"NameTwice",
       "{" + entry("x", "U8", "[1]", "[0,1]") + "," + entry("x", "U8", "[1]", "[1,2]") + "}", 2,
       "names 'x' twice"},
      {"MetadataTwice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"},
      {"MetadataKeyTwice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "twice"},
      {"MetadataNumber", "{\"__metadata__\":{\"a\":1}}", 0, "a number where none"},
      {"MetadataNested", "{\"__metadata__\":{\"a\":{}}}", 0, "an object where none"},
      {"MetadataArray", "{\"__metadata__\":{\"a\":[]}}", 0, "an array where none"},
      {"MetadataIsString", "{\"__metadata__\":\"a\"}", 0, "a string where none"},
      {"UnknownType", one("F31", "[]", "[0,4]"), 4, "unknown dtype 'F31'"},
      {"LowerCaseType", one("f32", "[]", "[0,4]"), 4, "unknown dtype 'f32'"},
      {"EscapeInType", one("\\u001b[31m", "[]", "[0,4]"), 4, "\\x1b"},
      {"TypeIsNumber", "{\"x\":{\"dtype\":3}}", 0, "a number where none"},
      {"TypeIsArray", "{\"x\":{\"dtype\":[]}}", 0, "an array where none"},
      {"ShapeIsNumber", "{\"x\":{\"shape\":3}}", 0, "a number where none"},
      {"ShapeIsString", "{\"x\":{\"shape\":\"3\"}}", 0, "a string where none"},
      {"ShapeNegative", one("U8", "[-1]", "[0,1]"), 1, "a negative number"},
      {"ShapeFloat", one("U8", "[1.0]", "[0,1]"), 1, "no integer"},
      {"ShapeExponent", one("U8", "[1e0]", "[0,1]"), 1, "no integer"},
      {"ShapeHuge", one("U8", "[1e400]", "[0,1]"), 1, "not valid JSON"},
      {"ShapeNan", one("U8", "[NaN]", "[0,1]"), 1, "not valid JSON"},
      {"ShapeBeyondInt64", one("U8", "[9223372036854775808]", "[0,1]"), 1, "beyond 2^63 - 1"},
      {"ShapeBeyondUint64", one("U8", "[18446744073709551616]", "[0,1]"), 1, "no integer"},
      {"ShapeNested", one("U8", "[[1]]", "[0,1]"), 1, "an array where none"},
      {"ShapeObject", one("U8", "[{}]", "[0,1]"), 1, "an object where none"},
      {"ShapeHoldsString", one("U8", "[\"1\"]", "[0,1]"), 1, "a string where none"},
      {"ShapeHoldsNull", one("U8", "[null]", "[0,1]"), 1, "holds null"},
      {"RankNine", one("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "more than 8 dimensions"},
      {"ProductOverflows", one("U8", "[4294967296,4294967296]", "[0,0]"), 0, "overflows"},
      {"ProductWrapsToSize", one("F32", "[4611686018427387905]", "[0,4]"), 4, "overflows"},
      {"HalfByte", one("F4", "[3]", "[0,1]"), 1, "does not fill whole bytes"},
      {"OffsetsIsNumber", "{\"x\":{\"data_offsets\":0}}", 0, "a number where none"},
      {"OffsetsOne", one("U8", "[1]", "[0]"), 1, "must have 2 numbers"},
      {"OffsetsThree", one("U8", "[1]", "[0,1,1]"), 1, "must have 2 numbers"},
      {"OffsetsEmpty", one("U8", "[0]", "[]"), 0, "must have 2 numbers"},
      {"OffsetNegative", one("U8", "[1]", "[-1,0]"), 1, "a negative number"},
      {"OffsetFloat", one("U8", "[1]", "[0.5,1]"), 1, "no integer"},
      {"OffsetsSwapped", one("U8", "[1]", "[1,0]"), 1, "the offsets [1, 0)"},
      {"EndBeyondFile", one("U8", "[2]", "[0,2]"), 1, "1 bytes of data"},
      {"EndFarBeyondFile", one("U8", "[1]", "[0,9223372036854775807]"), 1, "1 bytes of data"},
      {"StartsLate", one("U8", "[1]", "[1,2]"), 2, "must start at 0"},
      {"DataAfterEnd", one("U8", "[1]", "[0,1]"), 2, "must fill the 2 bytes"},
      {"NoTensorsButData", "{}", 1, "must fill the 1 bytes"},
      {"Hole",
       "{" + entry("x", "U8", "[1]", "[0,1]") + "," + entry("y", "U8", "[1]", "[2,3]") + "}", 3,
       "'y' must start at 1"},
      {"Overlap",
       "{" + entry("x", "U8", "[2]", "[0,2]") + "," + entry("y", "U8", "[2]", "[1,3]") + "}", 3,
       "'y' must start at 2"},
      {"SameBytesTwice",
       "{" + entry("x", "U8", "[2]", "[0,2]") + "," + entry("y", "U8", "[2]", "[0,2]") + "}", 2,
       "'y' must start at 2"},
      {"ShapeTooSmall", one("F32", "[1]", "[0,8]"), 8, "must have 4 bytes"},
      {"ShapeTooLarge", one("F32", "[3]", "[0,8]"), 8, "must have 12 bytes"},
      {"EmptyShapeNeedsOne", one("F32", "[]", "[0,0]"), 0, "must have 4 bytes"},
      {"ZeroWithBytes", one("F32", "[0]", "[0,4]"), 4, "must have 0 bytes"},
      {"NegativeZeroSize", one("U8", "[-0]", "[0,0]"), 0, "negative number"},
      {"LongName", "{" + entry(std::string(513, 'n'), "U8", "[1]", "[0,1]") + "}", 1,
       "name of 513 bytes"},
      {"DeepObjects", "{\"x\":" + std::string(100'000, '{'), 0, "not valid JSON"},
      {"DeepArrays", "{\"x\":" + std::string(100'000, '['), 0, "an array where none"},
      {"DeepShape", "{\"x\":{\"shape\":" + std::string(100'000, '['), 0, "an array where none"},
  };
  return cases;
}

TEST(SafetensorsHeader, EveryHostileHeaderIsRefusedWithItsReason) {
  for (const auto& item : hostile()) {
    SCOPED_TRACE(item.name);
    try {
      parse_safetensors_header(item.json, item.data);
      ADD_FAILURE() << "accepted";
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(item.reason));
    }
  }
}

TEST(SafetensorsHeader, TheNumberOfTensorsIsLimited) {
  const auto many = [](size_t count) {
    std::string json = "{";
    for (size_t i = 0; i < count; ++i) {
      json += (i == 0 ? "" : ",") + entry(std::to_string(i), "U8", "[0]", "[0,0]");
    }
    return json + "}";
  };
  EXPECT_EQ(parse_safetensors_header(many(100'000), 0).entries.size(), 100'000U);
  EXPECT_THROW(parse_safetensors_header(many(100'001), 0), DataError);
}

TEST(SafetensorsHeader, ANameOfTheLargestLengthIsAccepted) {
  const std::string name(512, 'n');
  const auto header = parse_safetensors_header("{" + entry(name, "U8", "[1]", "[0,1]") + "}", 1);
  EXPECT_EQ(header.entries.at(0).spec.name, name);
}

TEST(SafetensorsHeader, MutatedHeadersNeverYieldTensorsOutsideTheData) {
  const std::string valid =
      "{\"__metadata__\":{\"format\":\"pt\"}," + entry("a", "F32", "[2,3]", "[0,24]") + "," +
      entry("b", "F16", "[4]", "[24,32]") + "," + entry("c", "U8", "[]", "[32,33]") + "}";
  const std::string alphabet =
      "0123456789-+.eE\"\\{}[]:,u \x00\xff"
      "abF";
  uint64_t state = 1;
  const auto draw = [&state](size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<size_t>((state >> 33) % below);
  };
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string json = valid;
    for (size_t edits = 1 + draw(4); edits > 0; --edits) {
      const size_t at = draw(json.size());
      switch (draw(3)) {
        case 0:
          json[at] = alphabet[draw(alphabet.size())];
          break;
        case 1:
          json.erase(at, 1 + draw(6));
          break;
        default:
          json.insert(at, 1, alphabet[draw(alphabet.size())]);
      }
    }
    try {
      uint64_t end = 0;
      for (const auto& item : parse_safetensors_header(json, 33).entries) {
        ASSERT_EQ(item.begin, end);
        ASSERT_EQ(item.end - item.begin, item.spec.bytes());
        end = item.end;
      }
      ASSERT_EQ(end, 33U);
      ++accepted;
    } catch (const DataError&) {
      continue;
    }
  }
  EXPECT_GT(accepted, 100) << "edits inside names leave a valid header";
  EXPECT_LT(accepted, 50'000);
}

TEST(SafetensorsHeader, FormattingPadsToEightBytesAndParsesBack) {
  for (size_t length = 1; length <= 9; ++length) {
    const std::vector<SafetensorsSpec> order = {
        {std::string(length, 'x'), TensorType::kF32, {2}},
        {"quote\"\n\x01", TensorType::kU8, {}},
    };
    const std::string bytes = format_safetensors_header(order, {{"format", "pt"}});
    EXPECT_EQ(bytes.size() % 8, 0U);
    const auto header = parse_safetensors_header(std::string_view(bytes).substr(8), 9);
    EXPECT_EQ(header.entries.at(1).spec.name, "quote\"\n\x01");
    EXPECT_EQ(header.metadata.at("format"), "pt");
  }
}

TEST(SafetensorsHeader, FormattingRefusesWhatCannotBeRead) {
  EXPECT_THROW(format_safetensors_header({{"\xff", TensorType::kU8, {}}}, {}), DataError);
  EXPECT_THROW(check_safetensors_spec({"__metadata__", TensorType::kU8, {}}), DataError);
  EXPECT_THROW(check_safetensors_spec({std::string(513, 'x'), TensorType::kU8, {}}), DataError);
  EXPECT_THROW(check_safetensors_spec({"x", TensorType::kU8, std::vector<int64_t>(9, 1)}),
               DataError);
}

}  // namespace
}  // namespace tpretrain
