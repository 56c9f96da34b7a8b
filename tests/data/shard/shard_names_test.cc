#include "data/shard/shard_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/shard/sample_name.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ShardNames, ExpandsRangesWithTheirDigits) {
  EXPECT_THAT(expand_braces("x-{08..11}.tar"),
              ElementsAre("x-08.tar", "x-09.tar", "x-10.tar", "x-11.tar"));
  EXPECT_THAT(expand_braces("x{9..11}"), ElementsAre("x9", "x10", "x11"));
  EXPECT_THAT(expand_braces("{0..0}"), ElementsAre("0"));
  EXPECT_EQ(expand_braces("{000000..000123}").size(), 124U);
  EXPECT_THAT(expand_braces("plain.tar"), ElementsAre("plain.tar"));
}

TEST(ShardNames, ExpandsListsSideBySideAndInOneAnother) {
  EXPECT_THAT(expand_braces("{a,b}-{0..1}"), ElementsAre("a-0", "a-1", "b-0", "b-1"));
  EXPECT_THAT(expand_braces("{a{1..2},,c}x"), ElementsAre("a1x", "a2x", "x", "cx"));
}

TEST(ShardNames, RefusesWhatIsNoList) {
  EXPECT_THROW(expand_braces("x{0..3"), ConfigError);
  EXPECT_THROW(expand_braces("x{}"), ConfigError);
  EXPECT_THROW(expand_braces("x{abc}"), ConfigError);
  EXPECT_THROW(expand_braces("x{5..2}"), ConfigError);
  EXPECT_THROW(expand_braces("x{0..99999999999999999999}"), ConfigError);
  EXPECT_THROW(expand_braces("{0..9999999}{0..9}"), ConfigError);
}

TEST(ShardNames, SplitsLists) {
  EXPECT_THAT(split_shard_list("a.tar::b:c.tar::"), ElementsAre("a.tar", "b:c.tar"));
}

TEST(ShardNames, FindsFilesInOrderWithoutDuplicates) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string() + "/";
  for (const char* name : {"b-1.tar", "b-0.tar", "a.tar", "a.tar.idx"}) {
    folder.write(name, "x");
  }
  EXPECT_THAT(expand_shards({root + "b-{0..1}.tar::" + root + "*.tar*"}),
              ElementsAre(root + "b-0.tar", root + "b-1.tar", root + "a.tar"));
}

TEST(ShardNames, ANameThatLooksLikeAPatternIsTakenAsItIs) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string() + "/";
  folder.write("a[1].tar", "x");
  folder.write("a1.tar", "x");
  EXPECT_THAT(expand_shards({root + "a[1].tar"}), ElementsAre(root + "a[1].tar"));
  EXPECT_THAT(expand_shards({root + "a[1]*.tar"}), ElementsAre(root + "a1.tar"));
}

TEST(ShardNames, NamesTheFileThatIsMissing) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string() + "/";
  folder.write("b-0.tar", "x");
  try {
    expand_shards({root + "b-{0..1}.tar"});
    FAIL() << "no error";
  } catch (const NotFoundError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("b-1.tar' of"), HasSubstr("b-{0..1}.tar")));
  }
  EXPECT_THROW(expand_shards({root + "*.zip"}), NotFoundError);
  EXPECT_THROW(expand_shards({"pipe:cat x"}), ConfigError);
  EXPECT_THROW(expand_shards({"https://host/x.tar"}), ConfigError);
}

TEST(SampleName, SplitsAtTheFirstDotOfTheFileName) {
  const auto split = [](const char* name) {
    const auto found = split_sample_name(name);
    return found ? std::string(found->key) + "|" + found->extension : "none";
  };
  EXPECT_EQ(split("a/b.seg.PNG"), "a/b|seg.png");
  EXPECT_EQ(split("a.b/c.txt"), "a.b/c|txt");
  EXPECT_EQ(split("x.jpg"), "x|jpg");
  EXPECT_EQ(split("a/__x__"), "none");
  EXPECT_EQ(split("__x__"), "none");
  EXPECT_EQ(split("__len__.txt"), "__len__|txt");
  EXPECT_EQ(split("a/.hidden.txt"), "none");
  EXPECT_EQ(split("a/name"), "none");
  EXPECT_EQ(split("a."), "none");
  EXPECT_EQ(split(""), "none");
}

}  // namespace
}  // namespace tpretrain::data
