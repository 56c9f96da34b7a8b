#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kCheckpoints = kRun / "checkpoints";

class Store : public ::testing::Test {
 protected:
  std::unique_ptr<CheckpointStore> open(int keep = 2, const std::string& id = "writer") {
    CheckpointOptions options = quiet(keep);
    options.warn = [this](const std::string& text) { warnings_.push_back(text); };
    return std::make_unique<CheckpointStore>(disk_, kRun, id, options);
  }

  void damage(int64_t step) {
    const auto directory = CheckpointReader(disk_, kRun).directory(step);
    disk_.content(directory / "model.safetensors")[0] ^= 1;
  }

  MemoryFileSystem disk_{empty_run()};
  std::vector<std::string> warnings_;
};

TEST_F(Store, ACommittedStepHoldsItsFilesAndTheManifest) {
  const auto store = open();
  commit_step(*store, 1000);
  EXPECT_THAT(disk_.list(kCheckpoints), ElementsAre("step-0001000"));
  EXPECT_THAT(disk_.list(kCheckpoints / "step-0001000"),
              ElementsAre("MANIFEST.json", "model.safetensors", "optimizer-0000.safetensors",
                          "state.safetensors"));
  const auto found = store->resume();
  EXPECT_TRUE(has_content(disk_, *found));
  EXPECT_EQ(found->manifest.updates, 1000);
  EXPECT_FALSE(found->manifest.previous_step);
  EXPECT_EQ(store->reader().ledger_step(), 1000);
}

TEST_F(Store, RetentionKeepsTheNewestGoodOnes) {
  const auto store = open(3);
  for (int64_t step = 1; step <= 6; ++step) {
    commit_step(*store, step);
  }
  EXPECT_THAT(store->reader().steps(), ElementsAre(4, 5, 6));
  EXPECT_THAT(disk_.list(kCheckpoints),
              ElementsAre("step-0000004", "step-0000005", "step-0000006"));
}

TEST_F(Store, RetentionNeverCountsADamagedCheckpoint) {
  {
    const auto store = open(5);
    for (int64_t step = 1; step <= 4; ++step) {
      commit_step(*store, step);
    }
  }
  damage(3);
  damage(4);
  const auto store = open(2, "second");
  EXPECT_EQ(store->resume()->step(), 2);
  commit_step(*store, 5);
  EXPECT_THAT(store->reader().steps(), ElementsAre(2, 3, 4, 5)) << "5 and 2 are the good ones";
}

TEST_F(Store, TheFirstRetentionAfterARestartChecksWhatItKeeps) {
  {
    const auto store = open(5);
    for (int64_t step = 1; step <= 3; ++step) {
      commit_step(*store, step);
    }
  }
  damage(2);
  const auto store = open(3, "second");
  EXPECT_EQ(store->resume()->step(), 3);
  commit_step(*store, 4);
  EXPECT_THAT(store->reader().steps(), ElementsAre(1, 2, 3, 4));
}

TEST_F(Store, AWriterThatIsDroppedLeavesNothing) {
  const auto store = open();
  commit_step(*store, 1);
  {
    const auto writer = store->begin(2);
    writer->add_file("model.safetensors")->write("abc", 3);
  }
  EXPECT_THAT(disk_.list(kCheckpoints), ElementsAre("step-0000001"));
  commit_step(*store, 2);
  EXPECT_EQ(store->resume()->step(), 2);
}

TEST_F(Store, AFileThatWasNotClosedPreventsTheCommit) {
  const auto store = open();
  const auto writer = store->begin(1);
  const auto file = writer->add_file("model.safetensors");
  file->write("abc", 3);
  try {
    writer->commit(info_of(1));
    FAIL();
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'model.safetensors' is incomplete"));
  }
  EXPECT_THAT(disk_.list(kCheckpoints), ElementsAre());
}

TEST_F(Store, AFileMayOutliveItsWriter) {
  const auto store = open();
  auto writer = store->begin(1);
  const auto file = writer->add_file("model.safetensors");
  writer.reset();
  file->write("abc", 3);
  file->close();
  EXPECT_THAT(disk_.list(kCheckpoints), ElementsAre());
}

TEST_F(Store, SweepRemovesWhatOtherRunsLeftBehind) {
  const auto store = open();
  for (const char* name : {"step-0000001.tmp.old", "step-0000002.del.old", "step-0000003.bad.old",
                           "step-0000003.old.old", "step-0000004.tmp.writer", "notes"}) {
    disk_.make_directory(kCheckpoints / name);
    disk_.write_new(kCheckpoints / name / "f", "x");
  }
  store->sweep();
  EXPECT_THAT(disk_.list(kCheckpoints),
              ElementsAre("notes", "step-0000003.bad.old", "step-0000003.old.old",
                          "step-0000004.tmp.writer"));
}

TEST_F(Store, ARejectedStepIsMovedAsideWhenItIsCommittedAgain) {
  {
    const auto store = open(3);
    commit_step(*store, 1);
    commit_step(*store, 2);
  }
  damage(2);
  const auto store = open(3, "second");
  std::vector<int64_t> rejected;
  EXPECT_EQ(store->resume([&](const RejectedCheckpoint& r) { rejected.push_back(r.step); })->step(),
            1);
  EXPECT_THAT(rejected, ElementsAre(2));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the ledger names step 2")));
  EXPECT_TRUE(disk_.exists(kCheckpoints / "step-0000002")) << "kept until its name is needed";
  commit_step(*store, 2);
  EXPECT_THAT(disk_.list(kCheckpoints),
              ElementsAre("step-0000001", "step-0000002", "step-0000002.bad.second"));
  const auto found = store->resume();
  EXPECT_EQ(found->step(), 2);
  EXPECT_EQ(found->manifest.previous_step, 1);
}

TEST_F(Store, AGoodStepIsNeverReplaced) {
  const auto store = open();
  commit_step(*store, 1);
  commit_step(*store, 1, default_files(), "other");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("step 1 already has a good checkpoint")));
  EXPECT_TRUE(has_content(disk_, *store->resume()));
  EXPECT_THAT(disk_.list(kCheckpoints), ElementsAre("step-0000001"));
}

TEST_F(Store, RewindingMovesTheNewerStepsAside) {
  const auto store = open(5);
  for (int64_t step = 1; step <= 4; ++step) {
    commit_step(*store, step);
  }
  EXPECT_EQ(store->rewind(2).step(), 2);
  EXPECT_THAT(store->reader().steps(), ElementsAre(1, 2));
  EXPECT_EQ(store->reader().ledger_step(), 2);
  EXPECT_EQ(store->resume()->step(), 2);
  EXPECT_THAT(warnings_, ElementsAre());
  commit_step(*store, 3, default_files(), "new");
  EXPECT_TRUE(has_content(disk_, *store->resume(), "new"));
  EXPECT_THROW(store->rewind(4), CheckpointError) << "moved aside";
}

TEST_F(Store, ARefusedRewindChangesNothing) {
  const auto store = open(5);
  commit_step(*store, 1);
  commit_step(*store, 2);
  damage(1);
  EXPECT_THROW(store->rewind(1), CheckpointError);
  EXPECT_EQ(store->resume()->step(), 2);
}

TEST_F(Store, PruneLeavesTheNewestAndNoWreckage) {
  const auto store = open(5);
  for (int64_t step = 1; step <= 4; ++step) {
    commit_step(*store, step);
  }
  damage(3);
  disk_.make_directory(kCheckpoints / "step-0000009.bad.old");
  EXPECT_THAT(store->prune(2), ElementsAre("step-0000001", "step-0000009.bad.old"));
  EXPECT_THAT(store->reader().steps(), ElementsAre(2, 3, 4));
}

TEST_F(Store, FilesOfOtherRanksJoinTheManifest) {
  const auto store = open();
  const auto rank1 = store->begin(1);
  const auto scratch = kCheckpoints / "step-0000001.tmp.writer";
  rank1->add_file("model.safetensors")->close();
  disk_.write_new(scratch / "optimizer-0001.safetensors", "");
  CheckpointFile other = rank1->files().at(0);
  other.name = "optimizer-0001.safetensors";
  rank1->adopt({other});
  rank1->commit(info_of(1));
  const auto found = store->resume();
  ASSERT_TRUE(found);
  EXPECT_NE(found->manifest.find("optimizer-0001.safetensors"), nullptr);
}

TEST_F(Store, TheHistoryAndExtraTextsComeBack) {
  const auto store = open();
  const auto writer = store->begin(7);
  ManifestInfo info = info_of(7);
  info.history = R"([{"step":0}])";
  info.extra = R"({"loss_scale":2.0})";
  writer->commit(info);
  EXPECT_EQ(store->resume()->manifest.history, info.history);
  EXPECT_EQ(store->resume()->manifest.extra, info.extra);
}

TEST(PosixStore, CommitsAndResumesOnARealDisk) {
  const fs::path run = fs::path(::testing::TempDir()) / "posix_store_test";
  fs::remove_all(run);
  fs::create_directories(run);
  FileSystem& disk = FileSystem::posix();
  {
    CheckpointStore store(disk, run, "first", quiet());
    for (int64_t step = 1; step <= 3; ++step) {
      commit_step(store, step);
    }
    store.begin(4)->add_file("model.safetensors");
    fs::create_directories(run / "checkpoints/step-0000004.tmp.killed");
  }
  CheckpointStore store(disk, run, "second", quiet());
  store.sweep();
  EXPECT_THAT(disk.list(run / "checkpoints"), ElementsAre("step-0000002", "step-0000003"));
  const auto found = store.resume();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->step(), 3);
  EXPECT_TRUE(has_content(disk, *found));
  fs::resize_file(run / "checkpoints/step-0000003/model.safetensors", 1);
  EXPECT_EQ(store.resume()->step(), 2);
  fs::remove_all(run);
}

}  // namespace
}  // namespace tpretrain::testing
