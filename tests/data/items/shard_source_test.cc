#include "data/items/shard_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/items/pictures.h"
#include "data/shard/tar_maker.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::png;
using testing::tar_of;
using testing::value_of;

class ShardSourceTest : public ::testing::Test {
 protected:
  std::string shard(const std::string& name, const testing::Members& members) const {
    return folder_.write(name, tar_of(members)).string();
  }

  ShardSourceConfig config(const std::vector<std::string>& files) const {
    ShardSourceConfig config;
    config.files = files;
    return config;
  }

  TemporaryFolder folder_;
};

TEST_F(ShardSourceTest, ReadsPicturesCaptionsAndClasses) {
  const ShardSource source(
      config({shard("a.tar", {{"x/1.png", png(1)},
                              {"x/1.txt", " a\ncat \n"},
                              {"x/1.cls", "7\n"},
                              {"x/2.png", png(2, 5, 9)},
                              {"x/2.json", "{\"captions\": [\"b\", \"c\"], \"label\": 3}"}}),
              shard("b.tar", {{"3.png", png(3)}})}),
      {});
  ASSERT_EQ(source.items(), 3);
  const Item first = source.read(0);
  EXPECT_EQ(first.name, "x/1");
  EXPECT_THAT(first.captions, ElementsAre("a cat"));
  EXPECT_EQ(first.label, 7);
  EXPECT_EQ(value_of(*first.image), 1);
  const Item second = source.read(1);
  EXPECT_THAT(second.captions, ElementsAre("b", "c"));
  EXPECT_EQ(second.label, 3);
  EXPECT_EQ(second.image->height(), 5);
  EXPECT_EQ(second.image->width(), 9);
  const Item third = source.read(2);
  EXPECT_TRUE(third.captions.empty());
  EXPECT_FALSE(third.label);
  EXPECT_EQ(source.caption_count(0), 1);
  EXPECT_EQ(source.caption_count(1), 2);
  EXPECT_EQ(source.caption_count(2), 0);
}

TEST_F(ShardSourceTest, NamesShardAndKeyOfADamagedPicture) {
  const std::string path = shard("a.tar", {{"x/1.png", "no picture"}, {"x/2.png", ""}});
  const ShardSource source(config({path}), {});
  EXPECT_THAT(error_of([&] { source.read(0); }), HasSubstr(path + ": x/1.png: "));
  EXPECT_THAT(error_of([&] { source.read(1); }), HasSubstr(path + ": x/2.png: "));
}

TEST_F(ShardSourceTest, ALongCaptionIsCutOrRefused) {
  std::string caption(1 << 20, 'x');
  caption.replace(63, 2, "\xC3\xBC");  // a character over the border at 64
  auto options = config({shard("a.tar", {{"1.png", png(1)}, {"1.txt", caption}})});
  options.items.max_caption = 64;
  EXPECT_EQ(ShardSource(options, {}).read(0).captions.at(0), std::string(63, 'x'));
  options.items.long_caption = LongCaption::kRefuse;
  EXPECT_THAT(error_of([&] { ShardSource(options, {}).read(0); }),
              HasSubstr("1: a caption of 1048576 bytes; `max_caption` is 64"));
  options.items.max_caption = 1 << 20;
  EXPECT_EQ(ShardSource(options, {}).read(0).captions.at(0).size(), caption.size());
}

TEST_F(ShardSourceTest, ReportsWhatItLeavesOut) {
  const std::string path =
      shard("a.tar", {{"1.png", png(1)}, {"2.txt", "x"}, {"3.txt", "x"}, {"1.png", png(4)}});
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ShardSource(config({path}), {}).items(), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("no_image: 2 left out"), HasSubstr("duplicate_key: 1 left out"),
                    HasSubstr("the sample '2'")));
  auto strict = config({path});
  strict.items.bad_items = BadItems::kError;
  EXPECT_THAT(error_of([&] { ShardSource(strict, {}); }),
              AllOf(HasSubstr(path), HasSubstr("the key '1' stands in two places"),
                    HasSubstr("`bad_items: skip`")));
}

TEST_F(ShardSourceTest, UsesTheWholeSamplesOfACutShardByPolicy) {
  const std::string whole = tar_of({{"1.png", png(1)}, {"2.png", png(2)}, {"3.png", png(3)}});
  const std::string path = folder_.write("a.tar", whole.substr(0, 2570)).string();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ShardSource(config({path}), {}).items(), 1) << "what precedes a cut may go on in it";
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("cut: 1 left out"));
  auto strict = config({path});
  strict.items.bad_items = BadItems::kError;
  EXPECT_THAT(error_of([&] { ShardSource(strict, {}); }),
              HasSubstr(path + ": byte 2048: the archive is cut"));
}

TEST_F(ShardSourceTest, SaysWhatItExpectsOfShardsWithoutASample) {
  const std::string path = shard("a.tar", {{"1.txt", "x"}});
  EXPECT_THAT(error_of([&] { ShardSource(config({path}), {}); }),
              AllOf(HasSubstr(path), HasSubstr("give no sample: no_image: 1 left out"),
                    HasSubstr("000017.jpg and 000017.txt")));
}

TEST_F(ShardSourceTest, HashIsThatOfTheContentAndNotOfThePlace) {
  const testing::Members members = {{"1.png", png(1)}, {"1.txt", "x"}};
  const std::string here = ShardSource(config({shard("a.tar", members)}), {}).hash();
  EXPECT_EQ(ShardSource(config({shard("b.tar", members)}), {}).hash(), here);
  EXPECT_NE(ShardSource(config({shard("c.tar", {{"1.png", png(1)}, {"1.txt", "xy"}})}), {}).hash(),
            here);
}

TEST_F(ShardSourceTest, NamesOfAListAreRelativeToTheRecipe) {
  folder_.write("data/a.tar", tar_of({{"1.png", png(1)}}));
  folder_.write("data/b.tar", tar_of({{"2.png", png(2)}}));
  const auto recipe = folder_.write("recipe.yaml", "files: 'data/a.tar::data/{b,a}.tar'\n");
  ShardSourceConfig config;
  Faults faults;
  read_struct(config, read_yaml(recipe), "shards", faults);
  faults.raise_if_any();
  const std::string root = folder_.path().string() + "/data/";
  EXPECT_THAT(config.files, ElementsAre(root + "a.tar", root + "{b,a}.tar"));
  EXPECT_EQ(ShardSource(config, {}).items(), 2);
  ShardSourceConfig again;
  read_struct(again, dump_struct(config), "shards", faults);
  EXPECT_EQ(again.files, config.files);
  Faults wrong;
  read_struct(config, parse_yaml("files: {a: 1}", "test"), "shards", wrong);
  EXPECT_FALSE(wrong.empty());
}

}  // namespace
}  // namespace tpretrain::data
