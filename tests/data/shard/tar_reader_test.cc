#include "data/shard/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "base/temporary_folder.h"
#include "data/shard/tar_maker.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::patch_header;
using testing::tar_body;
using testing::tar_of;

std::vector<std::string> names_of(const std::string& tar) {
  const MemoryFile file(tar, "a.tar");
  TarReader reader(file);
  std::vector<std::string> names;
  while (const auto member = reader.next()) {
    names.push_back(member->name);
  }
  return names;
}

std::string error_of(const std::string& tar) {
  try {
    names_of(tar);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

std::string unhex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

class TarGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(TarGolden, ReadsWhatTarfileReads) {
  const std::filesystem::path folder = std::filesystem::path(TP_SOURCE_DIR) / "tests/golden/tar";
  const auto expected = nlohmann::json::parse(read_file(folder / "members.json")).at(GetParam());
  const DiskFile file(folder / (GetParam() + std::string(".tar")));
  TarReader reader(file);
  for (const auto& member : expected) {
    const auto found = reader.next();
    ASSERT_TRUE(found) << member;
    EXPECT_EQ(found->name, unhex(member["name"]));
    EXPECT_EQ(found->offset, member["offset"].get<uint64_t>()) << found->name;
    ASSERT_EQ(found->size, member["size"].get<uint64_t>()) << found->name;
    const std::string bytes = file.bytes(found->offset, found->size);
    EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
              member["crc32"].get<uint64_t>());
  }
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ended());
}

INSTANTIATE_TEST_SUITE_P(Formats, TarGolden,
                         ::testing::Values("ustar", "gnu", "pax", "tar_gnu", "tar_pax", "by_hand"),
                         [](const auto& info) { return std::string(info.param); });

TEST(TarReader, ReadsBackWhatTheWriterWrote) {
  testing::Members members;
  CounterRng rng(4, 0);
  for (int i = 0; i < 60; ++i) {
    std::string name;
    for (size_t k = 1 + rng.below(i % 3 == 0 ? 400 : 120); k > 0; --k) {
      name += rng.below(9) == 0 && !name.empty() && name.back() != '/' ? '/' : 'n';
    }
    members.emplace_back(name + ".png", std::string(rng.below(2000), static_cast<char>(i)));
  }
  const std::string tar = tar_of(members);
  EXPECT_EQ(tar.size() % 10240, 0U);
  const MemoryFile file(tar, "a.tar");
  TarReader reader(file);
  for (const auto& [name, bytes] : members) {
    const auto found = reader.next();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, name);
    EXPECT_EQ(file.bytes(found->offset, found->size), bytes);
  }
  EXPECT_FALSE(reader.next());
}

TEST(TarReader, ReadsSizesBeyondTwelveOctalDigits) {
  const uint64_t size = uint64_t{9} << 30;
  const std::string header = tar_member_header("large.bin", size);
  EXPECT_EQ(header.size(), 3 * kTarBlock);  // a pax header, its records, the member's header
  EXPECT_THAT(error_of(header), HasSubstr("'large.bin' has 9663676416 bytes"));
}

TEST(TarReader, NamesWhereAnArchiveIsCut) {
  const std::string tar = tar_of({{"a.png", std::string(600, 'a')}, {"b.png", "bbb"}});
  EXPECT_THAT(error_of(tar.substr(0, 1000)),
              AllOf(HasSubstr("a.tar: byte 0: the archive is cut"), HasSubstr("'a.png' has 600")));
  EXPECT_THAT(error_of(tar.substr(0, 1700)), HasSubstr("byte 1536: the archive is cut"));
}

TEST(TarReader, AnArchiveWithoutItsEndMarkHasNotEnded) {
  const std::string body = tar_body({{"a.png", "a"}});
  const MemoryFile file(body, "a.tar");
  TarReader reader(file);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ended());
  EXPECT_EQ(reader.position(), body.size());
}

TEST(TarReader, RefusesAWrongChecksum) {
  std::string tar = tar_of({{"a.png", "a"}, {"b.png", "b"}});
  tar[1024] ^= 1;
  EXPECT_THAT(error_of(tar), HasSubstr("byte 1024: the checksum of a tar header"));
}

TEST(TarReader, RefusesSizesThatAreNoNumbers) {
  for (const std::string_view size :
       {std::string_view("abcdefghijk\0", 12),
        std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12),
        std::string_view("\x80\x01\0\0\0\0\0\0\0\0\0\0", 12)}) {
    std::string tar = tar_of({{"a.png", "a"}});
    patch_header(tar, 0, 124, size);
    EXPECT_THAT(error_of(tar), HasSubstr("the size in a tar header is no number"));
  }
}

TEST(TarReader, TakesNoMemoryForAnExtensionThatClaimsMuch) {
  std::string tar = tar_of({{"a.png", "a"}});
  patch_header(tar, 0, 156, "x");
  patch_header(tar, 0, 124, std::string_view("77777777777\0", 12));
  EXPECT_THAT(error_of(tar), HasSubstr("an extended header of 8589934591 bytes"));
}

TEST(TarReader, RefusesDamagedPaxRecords) {
  for (const std::string records : {"12 path=x\n", "x path=a\n", "9 path=a", "8 pathaa\n",
                                    "0 a=b\n", "999999999999999999999999 a=b\n", "10 size=x\n\n"}) {
    std::string tar = tar_of({{"x", records}, {"a.png", "a"}});
    patch_header(tar, 0, 156, "x");
    EXPECT_THAT(error_of(tar), HasSubstr("byte 0: a pax header")) << records;
  }
}

TEST(TarReader, LinksHaveNoDataWhateverTheirSize) {
  std::string tar = tar_body({{"link", ""}}) + tar_of({{"a.png", "a"}});
  patch_header(tar, 0, 156, "1");
  patch_header(tar, 0, 124, std::string_view("00000002000\0", 12));
  EXPECT_THAT(names_of(tar), ElementsAre("a.png"));
}

TEST(TarReader, AnEmptyFileHasNoMembers) {
  EXPECT_THAT(names_of(""), IsEmpty());
  EXPECT_THAT(error_of("short"), HasSubstr("the archive is cut"));
}

TEST(TarNumber, ReadsOctalAndBase256) {
  EXPECT_EQ(parse_tar_number("0000755"), 0755U);
  EXPECT_EQ(parse_tar_number("   17 "), 017U);
  EXPECT_EQ(parse_tar_number("      "), 0U);
  EXPECT_EQ(parse_tar_number("78"), std::nullopt);
  EXPECT_EQ(parse_tar_number(std::string_view("\x80\0\0\x01\x02", 5)), 258U);
  EXPECT_EQ(parse_tar_number("\x80\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), uint64_t{INT64_MAX});
  EXPECT_EQ(parse_tar_number("\x80\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), std::nullopt);
}

}  // namespace
}  // namespace tpretrain::data
