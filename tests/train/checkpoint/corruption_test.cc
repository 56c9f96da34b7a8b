/// Damaged checkpoints are found before use, wherever the damage is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/checkpoint/protocol_check.h"
#include "tests/train/checkpoint/testing.h"
#include "tpretrain/base/error.h"

namespace tpretrain::testing {
namespace {

using ::testing::HasSubstr;

constexpr size_t kModelBytes = (size_t{2} << 20) + 12'345;  // three chunks
const fs::path kStep2 = kRun / "checkpoints/step-0000002";
const fs::path kModel = kStep2 / "model.safetensors";

void commit_large(CheckpointStore& store, int64_t step) {
  const auto writer = store.begin(step);
  std::string content(kModelBytes, '\0');
  for (size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>((i * 31 + i / 251 + static_cast<size_t>(step)) & 0xff);
  }
  const auto model = writer->add_file("model.safetensors");
  model->write(content.data(), content.size());
  model->close();
  const auto state = writer->add_file("state.safetensors");
  state->write("state", 5);
  state->close();
  writer->commit(info_of(step));
}

class Corruption : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckpointStore store(disk_, kRun, "writer", quiet());
    commit_large(store, 1);
    commit_large(store, 2);
    ASSERT_EQ(newest(), 2);
  }

  int64_t newest() {
    reason_.clear();
    const auto found =
        CheckpointReader(disk_, kRun, 1).newest([this](const RejectedCheckpoint& rejected) {
          reason_ = rejected.reason;
        });
    return found ? found->step() : -1;
  }

  std::string manifest() { return disk_.content(kStep2 / "MANIFEST.json"); }

  MemoryFileSystem disk_{empty_run()};
  std::string reason_;
};

TEST_F(Corruption, EveryFlippedByteOfTheManifestIsFound) {
  std::string& text = disk_.content(kStep2 / "MANIFEST.json");
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char bit : {'\x01', '\x20', '\x80'}) {
      text[i] ^= bit;
      ASSERT_EQ(newest(), 1) << "byte " << i;
      EXPECT_THAT(reason_, HasSubstr("MANIFEST.json"));
      text[i] ^= bit;
    }
  }
  EXPECT_EQ(newest(), 2);
}

TEST_F(Corruption, FlippedBytesOfAPayloadAreFoundWithFileAndChunk) {
  std::string& model = disk_.content(kModel);
  uint64_t state = 3;
  for (int round = 0; round < 1000; ++round) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const size_t at = round < 200 ? static_cast<size_t>(round) : (state >> 33) % model.size();
    model[at] ^= static_cast<char>(1 << (state >> 60 & 7));
    ASSERT_EQ(newest(), 1) << "byte " << at;
    EXPECT_THAT(reason_, HasSubstr("'model.safetensors', chunk " + std::to_string(at >> 20)));
    model[at] ^= static_cast<char>(1 << (state >> 60 & 7));
  }
  EXPECT_EQ(newest(), 2);
}

TEST_F(Corruption, EveryTruncationIsFound) {
  const std::string whole = disk_.content(kModel);
  for (size_t size = 0; size < whole.size(); size += 512) {
    disk_.content(kModel).resize(size);
    ASSERT_EQ(newest(), 1) << size;
    EXPECT_THAT(reason_, HasSubstr("'model.safetensors' must have 2109497 bytes"));
  }
  disk_.content(kModel) = whole + "x";
  EXPECT_EQ(newest(), 1);
  disk_.content(kModel) = whole;
  const std::string text = manifest();
  for (size_t size = 0; size < text.size(); ++size) {
    disk_.content(kStep2 / "MANIFEST.json") = text.substr(0, size);
    ASSERT_EQ(newest(), 1) << size;
  }
}

TEST_F(Corruption, FilesSwappedBetweenStepsAreFound) {
  const fs::path step1 = kRun / "checkpoints/step-0000001";
  for (const char* name : {"model.safetensors", "MANIFEST.json"}) {
    std::swap(disk_.content(step1 / name), disk_.content(kStep2 / name));
    EXPECT_THROW(newest(), CheckpointError) << name << ": both steps are bad";
    std::swap(disk_.content(step1 / name), disk_.content(kStep2 / name));
  }
  EXPECT_EQ(newest(), 2);
}

TEST_F(Corruption, ADirectoryUnderTheNameOfAnotherStepIsRefused) {
  disk_.rename(kStep2, kRun / "checkpoints/step-0000009");
  EXPECT_EQ(newest(), 1);
  EXPECT_THAT(reason_, HasSubstr("must be of step 9, but is of step 2"));
  disk_.remove(kRun / "checkpoints/step-0000001");
  disk_.rename(kRun / "checkpoints/step-0000009", kRun / "checkpoints/step-0000001");
  EXPECT_THROW(newest(), CheckpointError);
}

TEST_F(Corruption, MissingFilesAreNamed) {
  disk_.remove(kStep2 / "state.safetensors");
  EXPECT_EQ(newest(), 1);
  EXPECT_THAT(reason_, HasSubstr("'state.safetensors' is missing"));
  disk_.remove(kStep2 / "MANIFEST.json");
  EXPECT_EQ(newest(), 1);
  EXPECT_THAT(reason_, HasSubstr("MANIFEST.json is missing"));
}

TEST_F(Corruption, AFileInPlaceOfTheDirectoryIsRefused) {
  disk_.write_new(kRun / "checkpoints/step-0000003", "not a directory");
  EXPECT_EQ(newest(), 2);
  EXPECT_FALSE(reason_.empty());
}

TEST_F(Corruption, ARunThatLostAllCheckpointsIsNeverStartedAgain) {
  disk_.remove(kRun / "checkpoints");
  try {
    newest();
    FAIL() << "started from nothing";
  } catch (const CheckpointError& error) {
    EXPECT_THAT(error.what(), HasSubstr("committed step 2, but holds no good checkpoint"));
    EXPECT_EQ(exit_status(error.code()), ExitStatus::kCheckpoint);
  }
}

TEST_F(Corruption, OnlyDamagedCheckpointsAreNeverStartedAgainEither) {
  disk_.remove(kRun / "ledger");
  disk_.remove(kRun / "checkpoints/step-0000001");
  disk_.content(kModel)[5] ^= 1;
  EXPECT_THROW(newest(), CheckpointError);
}

TEST_F(Corruption, ADamagedLedgerStillTellsThatTheRunWasTrained) {
  disk_.remove(kRun / "checkpoints");
  disk_.content(kRun / "ledger") = "garbage\n";
  EXPECT_THROW(newest(), CheckpointError);
}

}  // namespace
}  // namespace tpretrain::testing
