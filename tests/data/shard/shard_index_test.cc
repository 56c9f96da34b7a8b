#include "data/shard/shard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/shard/shard_index_format.h"
#include "data/shard/shard_set.h"
#include "data/shard/tar_maker.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::tar_body;
using testing::tar_of;

ShardIndex index_of(const std::string& tar) {
  return ShardIndex::build(MemoryFile(tar, "a.tar"));
}

std::vector<std::string> keys(const ShardIndex& index) {
  std::vector<std::string> keys;
  for (int64_t i = 0; i < index.samples(); ++i) {
    keys.emplace_back(index.key(i));
  }
  return keys;
}

int64_t faults(const ShardIndex& index) {
  int64_t total = 0;
  for (int i = 0; i < kShardFaults; ++i) {
    total += index.faults(static_cast<ShardFault>(i));
  }
  return total;
}

TEST(ShardIndex, GroupsAdjacentMembersByKey) {
  const std::string tar = tar_of({{"__meta__", "x"},
                                  {"d/1.jpg", "JJ"},
                                  {"d/1.TXT", "a cat"},
                                  {"d/1.seg.png", "S"},
                                  {"d/.hidden.jpg", "x"},
                                  {"README", "x"},
                                  {"d.e/1.png", "P"}});
  const ShardIndex index = index_of(tar);
  EXPECT_THAT(keys(index), ElementsAre("d/1", "d.e/1"));
  const auto members = index.members(0);
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].extension, "jpg");
  EXPECT_EQ(tar.substr(members[0].offset, members[0].size), "JJ");
  EXPECT_EQ(members[1].extension, "txt");
  EXPECT_EQ(members[2].extension, "seg.png");
  EXPECT_EQ(tar.substr(index.members(1)[0].offset, 1), "P");
  EXPECT_EQ(faults(index), 0) << ::testing::PrintToString(index.fault_lines());
}

TEST(ShardIndex, CountsCaptionsOfTextAndJson) {
  const ShardIndex index = index_of(tar_of({{"a.png", "P"},
                                            {"b.png", "P"},
                                            {"b.txt", "one"},
                                            {"b.json", "{\"captions\": [\"x\", \"y\"]}"},
                                            {"c.png", "P"},
                                            {"c.json", "{\"captions\": [\"x\", \" \", \"y\"]}"},
                                            {"d.png", "P"},
                                            {"d.json", "{\"caption\": \"x\"}"},
                                            {"e.png", "P"},
                                            {"e.txt", ""}}));
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < index.samples(); ++i) {
    counts.push_back(index.captions(i));
  }
  EXPECT_THAT(counts, ElementsAre(0, 1, 2, 1, 0));
}

TEST(ShardIndex, LeavesOutSamplesWithTwoMembersOfOneExtension) {
  const ShardIndex index =
      index_of(tar_of({{"a.png", "1"}, {"a.txt", "1"}, {"a.PNG", "2"}, {"b.png", "3"}}));
  EXPECT_THAT(keys(index), ElementsAre("b"));
  EXPECT_EQ(index.faults(ShardFault::kDuplicateExtension), 1);
  EXPECT_THAT(index.fault_lines(),
              ElementsAre("duplicate_extension: the sample 'a' has two members '.png'"));
}

TEST(ShardIndex, KeepsTheFirstOfTwoSamplesWithOneKey) {
  const std::string tar = tar_of({{"a.png", "1"}, {"b.png", "2"}, {"a.png", "3"}});
  const ShardIndex index = index_of(tar);
  EXPECT_THAT(keys(index), ElementsAre("a", "b"));
  EXPECT_EQ(tar[index.members(0)[0].offset], '1');
  EXPECT_THAT(index.fault_lines(), ElementsAre("duplicate_key: the key 'a' stands in two places"));
}

TEST(ShardIndex, LeavesOutSamplesWithoutAPicture) {
  const ShardIndex index = index_of(tar_of({{"a.txt", "1"}, {"a.json", "{}"}, {"b.png", "2"}}));
  EXPECT_THAT(keys(index), ElementsAre("b"));
  EXPECT_THAT(index.fault_lines(),
              ElementsAre(HasSubstr("no_image: the sample 'a' has no picture")));
}

TEST(ShardIndex, LeavesOutSamplesWhoseCaptionsCannotBeRead) {
  const ShardIndex index = index_of(
      tar_of({{"a.png", "1"}, {"a.json", "{\"captions\": [1]}"}, {"b.png", "2"}, {"b.json", "{"}}));
  EXPECT_THAT(keys(index), IsEmpty());
  EXPECT_EQ(index.faults(ShardFault::kBadJson), 2);
}

TEST(ShardIndex, KeepsTheWholeSamplesOfAnArchiveThatIsCut) {
  const std::string tar = tar_of({{"a.png", std::string(600, 'a')},
                                  {"a.txt", "a"},
                                  {"b.png", std::string(600, 'b')},
                                  {"b.txt", "b"}});
  const size_t b = 1536 + 1024;
  const ShardIndex inside = index_of(tar.substr(0, b + 700));
  EXPECT_THAT(keys(inside), IsEmpty());  // members of "a" might have stood behind the fault
  EXPECT_THAT(inside.fault_lines(),
              ElementsAre(AllOf(HasSubstr("cut: byte 2560: the archive is cut"),
                                HasSubstr("the sample 'a'"))));
  const ShardIndex later = index_of(tar.substr(0, b + 1536 + 100));
  EXPECT_THAT(keys(later), ElementsAre("a"));
  EXPECT_EQ(later.faults(ShardFault::kCut), 1);
  const ShardIndex unmarked = index_of(tar.substr(0, b + 1536 + 1024));
  EXPECT_THAT(keys(unmarked), ElementsAre("a", "b"));
  EXPECT_THAT(unmarked.fault_lines(), ElementsAre(HasSubstr("ends without its end mark")));
}

TEST(ShardIndex, ContentIsNamesAndSizesOfAllMembers) {
  const std::string content = index_of(tar_of({{"a.png", "1"}, {"x", "1"}})).content();
  EXPECT_EQ(content, index_of(tar_body({{"a.png", "2"}, {"x", "2"}})).content());
  EXPECT_NE(content, index_of(tar_of({{"a.png", "1"}, {"x", "11"}})).content());
  EXPECT_NE(content, index_of(tar_of({{"b.png", "1"}, {"x", "1"}})).content());
}

TEST(ShardSidecar, IsMadeOnceAndUsedAgain) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}, {"b.png", "2"}}));
  EXPECT_EQ(open_shard_index(shard, "").samples(), 2);
  const std::string sidecar = shard.string() + ".idx";
  ASSERT_TRUE(fs::exists(sidecar));
  const auto made = fs::last_write_time(sidecar) - std::chrono::hours(1);
  fs::last_write_time(sidecar, made);
  EXPECT_THAT(keys(open_shard_index(shard, "")), ElementsAre("a", "b"));
  EXPECT_EQ(fs::last_write_time(sidecar), made);
}

TEST(ShardSidecar, IsMadeAgainWhenTheShardChanged) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}}));
  open_shard_index(shard, "");
  folder.write("a.tar", tar_of({{"z.png", "1"}}));  // as many bytes as before
  fs::last_write_time(shard, fs::last_write_time(shard) + std::chrono::seconds(5));
  EXPECT_THAT(keys(open_shard_index(shard, "")), ElementsAre("z"));
}

TEST(ShardSidecar, IsMadeAgainWhenAnyByteIsDamaged) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}, {"b.txt", ""}}));
  open_shard_index(shard, "");
  const std::string good = read_file(shard.string() + ".idx");
  for (size_t i = 0; i <= good.size(); ++i) {
    std::string bad = good.substr(0, i);
    if (i < good.size()) {
      bad += static_cast<char>(good[i] ^ 0x10) + good.substr(i + 1);
    } else {
      bad += "x";
    }
    folder.write("a.tar.idx", bad);
    const DiskFile file(shard);
    EXPECT_FALSE(ShardIndex::load(shard.string() + ".idx", file.size(), file.changed())) << i;
  }
  EXPECT_THAT(keys(open_shard_index(shard, "")), ElementsAre("a"));
  EXPECT_EQ(read_file(shard.string() + ".idx"), good);
}

/// A sidecar whose checksum fits but whose tables point outside.
TEST(ShardSidecar, RefusesTablesThatPointOutside) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}}));
  open_shard_index(shard, "");
  const std::string good = read_file(shard.string() + ".idx");
  const DiskFile file(shard);
  constexpr size_t kTables = sizeof(shard_format::Header);
  constexpr size_t kChecksum = offsetof(shard_format::Header, checksum);
  int refused = 0;
  for (size_t at = 32; at + 8 <= kTables + sizeof(shard_format::Sample) + 32; at += 8) {
    if (at >= 64 && at < kTables) {
      continue;  // counts of faults and hashes: any value is a good one
    }
    std::string bad = good;
    const uint64_t huge = ~uint64_t{0} - 3;
    bad.replace(at, 8, reinterpret_cast<const char*>(&huge), 8);
    bad.replace(kChecksum, 32, std::string(32, '\0'));
    bad.replace(kChecksum, 32, xxh3_hex(bad.data(), bad.size()));
    folder.write("a.tar.idx", bad);
    refused += ShardIndex::load(shard.string() + ".idx", file.size(), file.changed()) ? 0 : 1;
  }
  EXPECT_EQ(refused, 4 + 4 + 4);  // every count, and every word of the sample and its member
}

TEST(ShardSidecar, GoesToTheFolderThatIsNamed) {
  const TemporaryFolder folder;
  const auto shard = folder.write("data/a.tar", tar_of({{"a.png", "1"}}));
  const fs::path index = folder.path() / "index";
  EXPECT_EQ(open_shard_index(shard, index.string()).samples(), 1);
  EXPECT_FALSE(fs::exists(shard.string() + ".idx"));
  EXPECT_TRUE(fs::exists(shard_index_path(shard, index.string())));
  EXPECT_NE(shard_index_path(shard, index.string()),
            shard_index_path(folder.path() / "other/a.tar", index.string()));
}

TEST(ShardSidecar, StaysInMemoryWhereNothingCanBeWritten) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}}));
  folder.write("file", "not a folder");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(open_shard_index(shard, (folder.path() / "file").string()).samples(), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("`index: FOLDER`"));
}

TEST(ShardSet, IsOneRunOfSamples) {
  const TemporaryFolder folder;
  std::vector<std::string> shards;
  shards.push_back(folder.write("a.tar", tar_of({{"a.png", "1"}, {"b.png", "2"}})).string());
  shards.push_back(folder.write("b.tar", tar_of({{"README", "no sample"}})).string());
  shards.push_back(folder.write("c.tar", tar_of({{"c.png", "3"}})).string());
  const ShardSet set(shards, "");
  ASSERT_EQ(set.samples(), 3);
  std::string pictures;
  for (int64_t i = 0; i < 3; ++i) {
    const auto place = set.place(i);
    const auto member = set.index(place.shard).members(place.sample).at(0);
    pictures += set.file(place.shard)->bytes(member.offset, member.size);
  }
  EXPECT_EQ(pictures, "123");
}

TEST(ShardSet, OpensMoreShardsThanItKeepsOpen) {
  const TemporaryFolder folder;
  std::vector<std::string> shards;
  for (int i = 0; i < 300; ++i) {
    shards.push_back(
        folder.write(std::to_string(i) + ".tar", tar_body({{"a.png", std::to_string(i)}}))
            .string());
  }
  const ShardSet set(shards, "");
  const auto first = set.file(0);
  for (int64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(set.file(i)->name(), shards[i]);
  }
  EXPECT_EQ(first->bytes(512, 1), "0");
}

TEST(ShardSet, NoticesAShardThatChangesUnderIt) {
  const TemporaryFolder folder;
  const auto shard = folder.write("a.tar", tar_of({{"a.png", "1"}}));
  const ShardSet set({shard.string()}, "");
  folder.write("a.tar", tar_body({{"a.png", "1"}}));
  EXPECT_THROW(set.file(0), IoError);
}

}  // namespace
}  // namespace tpretrain::data
