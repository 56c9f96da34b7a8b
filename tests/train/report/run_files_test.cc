#include "train/report/run_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunFilesTest : public ::testing::Test {
 protected:
  RunFiles read() const { return read_run(FileSystem::posix(), folder_.path()); }

  TemporaryFolder folder_;
};

TEST_F(RunFilesTest, NeedsMetricsOnly) {
  folder_.write("metrics.jsonl", "{\"step\":3,\"split\":\"train\",\"loss\":1}\n");
  const RunFiles files = read();
  EXPECT_EQ(files.metrics.last_step, 3);
  EXPECT_EQ(files.name, folder_.path().filename().string());
  EXPECT_THAT(files.problems, IsEmpty());
  EXPECT_THAT(files.checkpoints, IsEmpty());
  EXPECT_EQ(files.committed, std::nullopt);
}

TEST_F(RunFilesTest, WithoutMetricsIsNoRun) {
  EXPECT_THROW(read(), NotFoundError);
  EXPECT_THROW(read_run(FileSystem::posix(), folder_.path() / "nothing"), NotFoundError);
  std::filesystem::create_directories(folder_.path() / "metrics.jsonl");
  EXPECT_THROW(read(), IoError);
}

TEST_F(RunFilesTest, ReadsCheckpointsAndWhoWroteThem) {
  folder_.write("metrics.jsonl", "{\"schema\":1,\"run\":\"small\"}\n");
  CheckpointStore store(FileSystem::posix(), folder_.path(), "id");
  for (const int64_t step : {2, 4}) {
    const auto writer = store.begin(step);
    const auto file = writer->add_file("model.safetensors");
    file->write("x", 1);
    file->close();
    ManifestInfo info;
    info.build_id = "tpretrain 1";
    info.libtorch = "2.11.0";
    info.blas = "mkl";
    info.threads = 2;
    writer->commit(info);
  }
  const RunFiles files = read();
  EXPECT_EQ(files.name, "small");
  EXPECT_THAT(files.checkpoints, ElementsAre(2, 4));
  EXPECT_EQ(files.committed, 4);
  EXPECT_EQ(files.program, "tpretrain 1, LibTorch 2.11.0, mkl, 2 threads");
}

TEST_F(RunFilesTest, ABrokenFileBesideMetricsIsAProblemNotAnError) {
  folder_.write("metrics.jsonl", "nonsense\n{\"step\":1,\"split\":\"train\"}\n");
  folder_.write("baseline.json", "[]");
  folder_.write("retrieved.json", "{}");
  folder_.write("checkpoints/step-0000002/MANIFEST.json", "{");
  const RunFiles files = read();
  EXPECT_EQ(files.metrics.last_step, 1);
  EXPECT_THAT(files.problems,
              ElementsAre("metrics.jsonl: 1 line could not be read", HasSubstr("baseline.json"),
                          HasSubstr("MANIFEST.json"), HasSubstr("retrieved.json")));
}

TEST_F(RunFilesTest, ReadsWhatCurvesAreComparedWith) {
  folder_.write("metrics.jsonl", "\n");
  folder_.write("baseline.json", "{\"unigram\":{\"loss.mlm\":6.5,\"accuracy.mlm\":null}}");
  const RunFiles files = read();
  EXPECT_EQ(files.baselines.at("unigram").at("loss.mlm"), 6.5);
  EXPECT_EQ(files.baselines.at("unigram").count("accuracy.mlm"), 0U);
}

TEST(ParseBaselines, RefusesOtherForms) {
  for (const char* text : {"", "1", "[]", "null", "{\"unigram\":1}", "{\"unigram\":[1]}"}) {
    EXPECT_THROW(parse_baselines(text), DataError) << text;
  }
  EXPECT_TRUE(parse_baselines("{}").empty());
}

}  // namespace
}  // namespace tpretrain::report
