#include "tpretrain/data/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/items/picture_source.h"
#include "data/items/pictures.h"
#include "data/items/shard_source.h"
#include "tests/train/checkpoint/faulty_file_system.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::png;
using testing::value_of;

/// Items given by hand; one with an empty picture is damaged.
class Items final : public PictureSource {
 public:
  explicit Items(std::vector<StoredItem> items, const ItemOptions& options = {})
      : PictureSource(options), items_(std::move(items)) {}

  int64_t items() const override { return static_cast<int64_t>(items_.size()); }

  std::string hash() const override { return ""; }

  std::string sidecar() const override { return "items"; }

  int64_t caption_count(int64_t index) const override {
    return static_cast<int64_t>(items_.at(static_cast<size_t>(index)).captions.size());
  }

  StoredItem load(int64_t index) const override { return items_.at(static_cast<size_t>(index)); }

 private:
  std::vector<StoredItem> items_;
};

StoredItem item(const std::string& image, std::vector<std::string> captions = {},
                std::optional<int64_t> label = {}) {
  return {"name", "place", image, std::move(captions), label};
}

class PackTest : public ::testing::Test {
 protected:
  PackReport run(const ItemSource& items, int64_t samples = 10, int64_t max_side = 0,
                 bool overwrite = false, FileSystem& files = FileSystem::posix()) const {
    PackOptions options;
    options.output = folder_.path() / "out/train";
    options.samples = samples;
    options.max_side = max_side;
    options.overwrite = overwrite;
    return pack(items, options, {}, files);
  }

  ShardSource read_back() const {
    ShardSourceConfig config;
    config.files = {(folder_.path() / "out/train-*.tar").string()};
    return {config, {}};
  }

  TemporaryFolder folder_;
};

TEST_F(PackTest, ShardsHoldTheItemsAsTheyAre) {
  const PackReport report = run(Items({item(png(1), {"a"}, 5), item(png(2), {"b", "c \"d\""}),
                                       item(png(3)), item(png(4), {"e"}), item(png(5), {"f"})}),
                                2);
  EXPECT_EQ(report.items, 5);
  EXPECT_EQ(report.captions, 5);
  EXPECT_EQ(report.labels, 1);
  EXPECT_EQ(report.shards.size(), 3U);
  EXPECT_TRUE(fs::exists(folder_.path() / "out/train-000002.tar"));
  const ShardSource source = read_back();
  ASSERT_EQ(source.items(), 5);
  EXPECT_EQ(source.load(0).image, png(1));
  EXPECT_EQ(source.read(0).label, 5);
  EXPECT_EQ(source.read(0).name, "000000");
  EXPECT_THAT(source.read(1).captions, ElementsAre("b", "c \"d\""));
  EXPECT_THAT(source.read(4).captions, ElementsAre("f"));
  EXPECT_EQ(source.read(4).name, "000004");
  uint64_t bytes = 0;
  for (const fs::path& shard : report.shards) {
    bytes += fs::file_size(shard);
  }
  EXPECT_EQ(report.bytes, bytes);
}

TEST_F(PackTest, SameItemsSameBytes) {
  const Items items({item(png(1), {"a"}), item(png(2), {"b", "c"}, 1)});
  const std::string first = read_file(run(items).shards.at(0));
  EXPECT_EQ(read_file(run(items, 10, 0, true).shards.at(0)), first);
}

TEST_F(PackTest, ShrinksLargePicturesOnly) {
  const PackReport report = run(Items({item(png(9, 40, 20)), item(png(7, 8, 6))}), 10, 8);
  EXPECT_EQ(report.shrunk, 1);
  const ShardSource source = read_back();
  const Item shrunk = source.read(0);
  EXPECT_EQ(shrunk.image->height(), 8);
  EXPECT_EQ(shrunk.image->width(), 4);
  EXPECT_EQ(value_of(*shrunk.image), 9);
  EXPECT_EQ(source.load(1).image, png(7, 8, 6));
}

TEST_F(PackTest, KeepsEarlierShardsUnlessTold) {
  const Items five({item(png(1)), item(png(2)), item(png(3)), item(png(4)), item(png(5))});
  run(five, 1);
  EXPECT_THAT(error_of([&] { run(five, 5); }),
              AllOf(HasSubstr("train-000000.tar: is already there"), HasSubstr("--overwrite")));
  folder_.write("out/train-other.tar", "x");
  run(five, 5, 0, true);
  EXPECT_FALSE(fs::exists(folder_.path() / "out/train-000001.tar"));
  EXPECT_TRUE(fs::exists(folder_.path() / "out/train-other.tar"));
}

TEST_F(PackTest, BadItemsAreCountedOrEndTheRun) {
  const std::vector<StoredItem> items = {item(png(1)), item("no picture"), item(png(3))};
  const PackReport report = run(Items(items));
  EXPECT_EQ(report.items, 2);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_THAT(report.places, ElementsAre(HasSubstr("place")));
  EXPECT_EQ(read_back().read(1).name, "000001");
  ItemOptions strict;
  strict.bad_items = BadItems::kError;
  EXPECT_THROW(run(Items(items, strict), 10, 0, true), DataError);
  EXPECT_THAT(error_of([&] { run(Items({item("x")}), 10, 0, true); }),
              HasSubstr("no item could be packed: place"));
}

TEST_F(PackTest, ShardsAppearWhenAllAreWhole) {
  ItemOptions strict;
  strict.bad_items = BadItems::kError;
  EXPECT_THROW(run(Items({item(png(1)), item(png(2)), item("x")}, strict), 1), DataError);
  EXPECT_FALSE(fs::exists(folder_.path() / "out/train-000000.tar"));
  EXPECT_TRUE(fs::exists(folder_.path() / "out/train-000001.tar.partial"));
  EXPECT_EQ(run(Items({item(png(1))})).items, 1);
  EXPECT_FALSE(fs::exists(folder_.path() / "out/train-000001.tar.partial"));
}

TEST_F(PackTest, AFailedOverwriteKeepsTheEarlierShards) {
  run(Items({item(png(1)), item(png(2))}), 1);
  ItemOptions strict;
  strict.bad_items = BadItems::kError;
  EXPECT_THROW(run(Items({item(png(3)), item("x")}, strict), 1, 0, true), DataError);
  EXPECT_THROW(run(Items({item("x")}), 1, 0, true), DataError);
  const ShardSource source = read_back();
  ASSERT_EQ(source.items(), 2);
  EXPECT_EQ(source.load(0).image, png(1));
  EXPECT_EQ(source.load(1).image, png(2));
}

TEST_F(PackTest, ShardsMayBeMadeOfWhatTheyReplace) {
  run(Items({item(png(9, 40, 20), {"a"}), item(png(7, 8, 6)), item(png(5))}), 1);
  const ShardSource source = read_back();
  EXPECT_EQ(run(source, 2, 8, true).items, 3);
  EXPECT_FALSE(fs::exists(folder_.path() / "out/train-000002.tar"));
  EXPECT_FALSE(fs::exists(folder_.path() / "out/train-000002.tar.idx"));
  const ShardSource replaced = read_back();
  ASSERT_EQ(replaced.items(), 3);
  EXPECT_EQ(replaced.read(0).image->height(), 8);
  EXPECT_THAT(replaced.read(0).captions, ElementsAre("a"));
  EXPECT_EQ(replaced.load(2).image, png(5));
}

/// Whatever is the last thing that is done, the items are there after the next call.
TEST_F(PackTest, AReplacementThatStopsAnywhereLosesNothing) {
  const Items items({item(png(1)), item(png(2)), item(png(3))});
  run(items, 1);
  int stops = 0;
  for (const tpretrain::testing::FaultKind kind : tpretrain::testing::kAllFaults) {
    for (int hit = 1;; ++hit) {
      tpretrain::testing::FaultyFileSystem files(FileSystem::posix());
      files.arm(kind, hit, true);
      try {
        run(read_back(), 1 + hit % 2, 0, true, files);
      } catch (const IoError&) {
        ++stops;
      }
      for (int tries = 0; tries < 2; ++tries) {
        try {
          run(read_back(), 1, 0, true);
        } catch (const OutputError& error) {
          EXPECT_EQ(tries, 0);
          EXPECT_THAT(error.what(), HasSubstr("shards are in place now"));
        }
      }
      const ShardSource source = read_back();
      ASSERT_EQ(source.items(), 3) << "fault " << static_cast<int>(kind) << " at " << hit;
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(source.load(i).image, png(i + 1));
      }
      if (!files.fired()) {
        break;
      }
    }
  }
  EXPECT_GT(stops, 20);
}

}  // namespace
}  // namespace tpretrain::data
