#include "train/metrics.h"

#include <csignal>
#include <limits>
#include <sys/resource.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/child.h"
#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

using Json = nlohmann::json;

StepReport report(int64_t step) {
  StepReport made;
  made.step = step;
  made.loss = 1.0 / static_cast<double>(step);
  made.losses = {{"mlm", 0.25}};
  made.accuracy = {{"mlm", 0.5}};
  made.lr = 1e-3;
  made.grad_norm = 2;
  return made;
}

class Metrics : public ::testing::Test {
 protected:
  MetricsFile open(int64_t resumed) { return {path_, "run", "hash", resumed}; }

  /// Steps 1 to `last` and a validation at step 2.
  void write(int64_t last) {
    MetricsFile file = open(0);
    for (int64_t step = 1; step <= last; ++step) {
      TrainState state;
      state.step = step;
      file.write_step(report(step), state, {});
      if (step == 2) {
        file.write_valid(report(step), state, {});
      }
    }
  }

  std::vector<Json> lines() const {
    std::vector<Json> result;
    for (const std::string& line : split(trim(read_file(path_)), '\n')) {
      result.push_back(Json::parse(line));
    }
    return result;
  }

  std::vector<int64_t> steps() const {
    std::vector<int64_t> result;
    for (const Json& line : lines()) {
      result.push_back(line.value("step", int64_t{0}));
    }
    return result;
  }

  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "metrics.jsonl";
};

TEST_F(Metrics, TheFirstLineStatesTheSchema) {
  write(1);
  const Json first = lines().at(0);
  EXPECT_EQ(first.at("schema"), 1);
  EXPECT_EQ(first.at("run"), "run");
  EXPECT_EQ(first.at("recipe"), "hash");
}

TEST_F(Metrics, ALineHoldsTheFrozenNames) {
  write(2);
  const Json step = lines().at(1);
  for (const char* name :
       {"step", "split", "loss", "loss.mlm", "accuracy.mlm", "lr", "grad_norm", "tokens", "samples",
        "tokens_per_s", "samples_per_s", "data_wait", "memory_bytes", "seconds"}) {
    EXPECT_TRUE(step.contains(name)) << name;
  }
  EXPECT_EQ(step.at("split"), "train");
  EXPECT_EQ(lines().at(3).at("split"), "valid");
  EXPECT_EQ(lines().at(2).at("loss").get<double>(), 0.5) << "doubles are written whole";
}

TEST_F(Metrics, AResumeCutsTheStepsAfterIt) {
  write(5);
  MetricsFile file = open(3);
  EXPECT_EQ(steps(), (std::vector<int64_t>{0, 1, 2, 2, 3}));
  TrainState state;
  state.step = 4;
  file.write_step(report(4), state, {});
  EXPECT_EQ(steps(), (std::vector<int64_t>{0, 1, 2, 2, 3, 4}));
}

TEST_F(Metrics, AStartFromNothingKeepsTheSchemaLineOnly) {
  write(5);
  open(0);
  EXPECT_EQ(steps(), std::vector<int64_t>{0});
}

TEST_F(Metrics, ATornLineIsRemoved) {
  write(3);
  append(R"({"step": 4, "split": "tr)");
  open(4);
  EXPECT_EQ(steps(), (std::vector<int64_t>{0, 1, 2, 2, 3}));
}

TEST_F(Metrics, WhatFollowsATornLineStays) {
  write(1);
  append("{\"step\": 2, \"spl\n{\"step\": 2}\n{\"step\": \"x\"}\n7\n{\"step\": 3}\n");
  open(4);
  EXPECT_EQ(steps(), (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST_F(Metrics, AFullDiskAtAResumeLeavesTheFileAsItWas) {
  write(5);
  const std::string before = read_file(path_);
  const ChildResult child = run_child([this] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit most{100, 100};
    setrlimit(RLIMIT_FSIZE, &most);
    try {
      open(4);
    } catch (const IoError&) {
      return 7;
    }
    return 0;
  });
  EXPECT_EQ(child.status, 7);
  EXPECT_EQ(read_file(path_), before);
}

TEST_F(Metrics, AnEmptyFileGetsASchemaLine) {
  append("");
  open(4);
  EXPECT_EQ(lines().at(0).at("schema"), 1);
}

TEST_F(Metrics, NumbersThatAreNotFiniteAreNull) {
  MetricsFile file = open(0);
  StepReport bad = report(1);
  bad.loss = std::numeric_limits<double>::quiet_NaN();
  bad.grad_norm = std::numeric_limits<double>::infinity();
  file.write_step(bad, {}, {});
  EXPECT_TRUE(lines().at(1).at("loss").is_null());
  EXPECT_TRUE(lines().at(1).at("grad_norm").is_null());
}

TEST_F(Metrics, BaselinesHaveAFileOfTheirOwn) {
  StepReport unigram;
  unigram.loss = 6.5;
  unigram.losses = {{"mlm", 6.5}};
  unigram.accuracy = {{"mlm", std::numeric_limits<double>::quiet_NaN()}};
  const fs::path path = folder_.path() / "baseline.json";
  write_baselines(path, {{"unigram", unigram}});
  EXPECT_EQ(Json::parse(read_file(path)),
            Json::parse(R"({"unigram":{"loss":6.5,"loss.mlm":6.5,"accuracy.mlm":null}})"));
}

TEST(PeakMemory, IsSomeMegabytes) {
  EXPECT_GT(peak_memory(), 1 << 20);
}

}  // namespace
}  // namespace tpretrain
