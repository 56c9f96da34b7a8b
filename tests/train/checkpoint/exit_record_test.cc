#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/train/checkpoint/memory_file_system.h"
#include "tpretrain/train/run_directory.h"

namespace tpretrain::testing {
namespace {

nlohmann::json record_of(MemoryFileSystem& disk, int rank) {
  return nlohmann::json::parse(disk.content("run/exit/rank-" + std::to_string(rank) + ".json"));
}

TEST(ExitRecord, HoldsWhatTheSchedulerAsks) {
  MemoryFileSystem disk;
  write_exit_record(disk, "run", {3, "node7", 1200, 75, "a peer died"});
  const auto json = record_of(disk, 3);
  EXPECT_EQ(json, (nlohmann::json{{"rank", 3},
                                  {"host", "node7"},
                                  {"step", 1200},
                                  {"code", 75},
                                  {"reason", "a peer died"}}));
  EXPECT_EQ(disk.list("run/exit"), std::vector<std::string>{"rank-3.json"});
}

TEST(ExitRecord, ReplacesAnEarlierOneAndALeftOver) {
  MemoryFileSystem disk;
  write_exit_record(disk, "run", {0, "h", 1, 74, "first"});
  disk.write_new("run/exit/rank-0.json.tmp", "cut off");
  write_exit_record(disk, "run", {0, "h", 2, 70, "second"});
  EXPECT_EQ(record_of(disk, 0)["reason"], "second");
  EXPECT_EQ(disk.list("run/exit").size(), 1U);
}

TEST(ExitRecord, HostileTextStaysInsideItsString) {
  MemoryFileSystem disk;
  const std::string text = "\"}\n\x1b[31m\xff";
  write_exit_record(disk, "run", {0, "h", 0, 1, text});
  const auto json = record_of(disk, 0);
  EXPECT_EQ(json.size(), 5U);
  EXPECT_EQ(json["reason"], "\"}\n\x1b[31m\xef\xbf\xbd");
  EXPECT_EQ(disk.content("run/exit/rank-0.json").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tpretrain::testing
