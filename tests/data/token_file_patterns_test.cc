#include "data/token_file_patterns.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/token_file_writer.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScratchFolder;
using testing::write_file;

void touch(const std::string& prefix) {
  write_file(prefix + ".bin", "");
  write_file(prefix + ".idx", "");
}

std::vector<std::string> expand(const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (const auto& path : expand_token_files(patterns)) {
    names.push_back(path.string());
  }
  return names;
}

std::string error_of(const std::vector<std::string>& patterns) {
  try {
    expand_token_files(patterns);
  } catch (const NotFoundError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

TEST(TokenFilePatterns, PrefixBinAndIdxNameTheSameFile) {
  const ScratchFolder folder;
  touch(folder / "train");
  EXPECT_THAT(expand({folder / "train"}), ElementsAre(folder / "train"));
  EXPECT_THAT(expand({folder / "train.bin", folder / "train.idx", folder / "./train"}),
              ElementsAre(folder / "train"));
}

TEST(TokenFilePatterns, KeepsDotsThatAreNoEnding) {
  const ScratchFolder folder;
  touch(folder / "train.v1.2");
  EXPECT_THAT(expand({folder / "train.v1.2"}), ElementsAre(folder / "train.v1.2"));
}

TEST(TokenFilePatterns, WildcardsAreSortedAndPassOverOtherFiles) {
  const ScratchFolder folder;
  for (const char* name : {"train-b", "train-B", "train-a", "train-10", "train-9", "valid"}) {
    touch(folder / name);
  }
  write_file(folder / "train-a.manifest.json", "{}");
  const auto expected = ElementsAre(folder / "train-10", folder / "train-9", folder / "train-B",
                                    folder / "train-a", folder / "train-b");
  EXPECT_THAT(expand({folder / "train*.bin"}), expected);
  EXPECT_THAT(expand({folder / "train*"}), expected);
  EXPECT_THAT(expand({folder / "train-[ab]"
                               ".*"}),
              ElementsAre(folder / "train-a", folder / "train-b"));
}

TEST(TokenFilePatterns, KeepsTheOrderOfPatternsWithoutDuplicates) {
  const ScratchFolder folder;
  touch(folder / "a");
  touch(folder / "b");
  touch(folder / "c");
  EXPECT_THAT(expand({folder / "c", folder / "?.bin"}),
              ElementsAre(folder / "c", folder / "a", folder / "b"));
}

TEST(TokenFilePatterns, ANameThatLooksLikeAPatternIsTakenAsItIs) {
  const ScratchFolder folder;
  touch(folder / "train[1]");
  touch(folder / "train1");
  for (const char* name : {"train[1]", "train[1].bin", "train[1].idx"}) {
    EXPECT_THAT(expand({folder / name}), ElementsAre(folder / "train[1]"));
  }
  EXPECT_THAT(expand({folder / "train[1]*"}), ElementsAre(folder / "train1"));
}

TEST(TokenFilePatterns, AFolderThatCannotBeLookedIntoIsNotAMissingFile) {
  const ScratchFolder folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_THROW(expand({folder / "loop/train"}), IoError);
  EXPECT_THROW(expand({folder / "loop/train*.bin"}), IoError);
}

TEST(TokenFilePatterns, ErrorsNameThePattern) {
  const ScratchFolder folder;
  EXPECT_THAT(error_of({folder / "train*.bin"}),
              HasSubstr("no file matches '" + (folder / "train*.bin") + "'"));
  EXPECT_THAT(error_of({folder / "train"}), HasSubstr(folder / "train.bin"));
  EXPECT_THAT(error_of({folder / "train"}), HasSubstr("preprocess"));
  write_file(folder / "train.txt", "text");
  EXPECT_THAT(error_of({folder / "train*"}), HasSubstr("none ends in .bin or .idx"));
  write_file(folder / "train.bin", "");
  EXPECT_THAT(error_of({folder / "train*"}), HasSubstr(folder / "train.idx"));
}

}  // namespace
}  // namespace tpretrain
