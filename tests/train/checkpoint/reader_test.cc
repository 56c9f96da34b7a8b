#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Reader : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckpointStore store(disk_, kRun, "writer", quiet(5));
    for (const int64_t step : {5, 10, 12'000'000}) {
      commit_step(store, step);
    }
  }

  MemoryFileSystem disk_{empty_run()};
  CheckpointReader reader_{disk_, kRun, 1};
};

TEST_F(Reader, ListsCommittedStepsInOrder) {
  disk_.make_directory(kRun / "checkpoints/step-0000007.tmp.other");
  disk_.make_directory(kRun / "checkpoints/notes");
  disk_.make_directory(kRun / "checkpoints/step-9000000");  // after 12000000 in the order of names
  EXPECT_THAT(reader_.steps(), ElementsAre(5, 10, 9'000'000, 12'000'000));
  EXPECT_EQ(reader_.ledger_step(), 12'000'000);
}

TEST_F(Reader, TheNewestIsFoundByNumberAndOlderOnesAreNotRead) {
  disk_.content(kRun / "checkpoints/step-0000010/model.safetensors")[0] ^= 1;
  int rejected = 0;
  const auto found = reader_.newest([&](const RejectedCheckpoint&) { ++rejected; });
  EXPECT_EQ(found->step(), 12'000'000);
  EXPECT_EQ(found->directory, kRun / "checkpoints/step-12000000");
  EXPECT_EQ(rejected, 0);
  EXPECT_EQ(found->manifest.previous_step, 10);
  EXPECT_EQ(found->manifest.samples, int64_t{12'000'000} * 256);
}

TEST_F(Reader, EachRejectIsReportedFromTheNewestDown) {
  disk_.content(kRun / "checkpoints/step-12000000/model.safetensors")[0] ^= 1;
  disk_.content(kRun / "checkpoints/step-0000010/state.safetensors") += "x";
  std::vector<std::string> reports;
  const auto found = reader_.newest([&](const RejectedCheckpoint& rejected) {
    reports.push_back(std::to_string(rejected.step) + " " + rejected.reason);
  });
  EXPECT_EQ(found->step(), 5);
  EXPECT_THAT(reports, ElementsAre(HasSubstr("12000000 file 'model.safetensors', chunk 0"),
                                   HasSubstr("10 file 'state.safetensors' must have")));
}

TEST_F(Reader, OpeningOneStepNamesTheDirectoryAndTheReason) {
  EXPECT_EQ(reader_.open(10).step(), 10);
  disk_.content(kRun / "checkpoints/step-0000010/model.safetensors")[0] ^= 1;
  try {
    reader_.open(10);
    FAIL();
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), HasSubstr("runs/test/checkpoints/step-0000010"));
    EXPECT_THAT(error.what(), HasSubstr("'model.safetensors', chunk 0"));
  }
  EXPECT_THROW(reader_.open(11), CheckpointError);
}

TEST_F(Reader, ACheckpointOpensByItsDirectoryUnderAnyName) {
  disk_.rename(kRun / "checkpoints/step-0000010", kRun / "checkpoints/best");
  EXPECT_EQ(open_checkpoint(disk_, kRun / "checkpoints/best").step(), 10);
  disk_.content(kRun / "checkpoints/best/model.safetensors")[0] ^= 1;
  EXPECT_THROW(open_checkpoint(disk_, kRun / "checkpoints/best"), CheckpointError);
}

TEST_F(Reader, DepthDecidesWhatIsRead) {
  disk_.content(kRun / "checkpoints/step-0000010/model.safetensors")[0] ^= 1;
  EXPECT_FALSE(reader_.verify(10, CheckDepth::kSizes));
  EXPECT_TRUE(reader_.verify(10, CheckDepth::kChunks));
  EXPECT_FALSE(reader_.verify(5, CheckDepth::kDeep));
}

TEST(EmptyRun, HasNoCheckpointAndThatIsNoError) {
  MemoryFileSystem disk(empty_run());
  EXPECT_FALSE(CheckpointReader(disk, kRun).newest());
  CheckpointStore store(disk, kRun, "writer", quiet());
  EXPECT_FALSE(store.resume());
  MemoryFileSystem nothing;
  EXPECT_FALSE(CheckpointReader(nothing, kRun).newest());
}

}  // namespace
}  // namespace tpretrain::testing
