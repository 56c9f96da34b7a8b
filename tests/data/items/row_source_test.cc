#include "data/items/row_source.h"

#include <iterator>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/items/pictures.h"
#include "data/items/row_source_configs.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::png;
using testing::value_of;

class RowSourceTest : public ::testing::Test {
 protected:
  RowSourceTest() {
    for (int i = 1; i <= 3; ++i) {
      folder_.write("images/" + std::to_string(i) + ".png", png(static_cast<uint8_t>(i)));
    }
  }

  std::shared_ptr<const ItemSource> table(const std::string& text, TableConfig config = {}) const {
    config.rows.files = {folder_.write("table.csv", text).string()};
    return std::static_pointer_cast<const ItemSource>(open_table(config));
  }

  std::shared_ptr<const ItemSource> json(const std::string& text,
                                         JsonLinesConfig config = {}) const {
    config.rows.files = {folder_.write("items.jsonl", text).string()};
    return std::static_pointer_cast<const ItemSource>(open_json_lines(config));
  }

  TemporaryFolder folder_;
};

TEST_F(RowSourceTest, ReadsTheRowsOfATable) {
  const auto source =
      table("caption,image,label\na cat,images/1.png,4\n\"a \"\"dog\"\",\nred\",images/2.png,\n");
  ASSERT_EQ(source->items(), 2);
  const Item first = source->read(0);
  EXPECT_EQ(first.name, "images/1.png");
  EXPECT_THAT(first.captions, ElementsAre("a cat"));
  EXPECT_EQ(first.label, 4);
  EXPECT_EQ(value_of(*first.image), 1);
  EXPECT_THAT(source->read(1).captions, ElementsAre("a \"dog\", red"));
  EXPECT_FALSE(source->read(1).label);
}

TEST_F(RowSourceTest, RowsOfOnePictureAreOneItem) {
  const auto source = table(
      "image,caption\nimages/1.png,a\nimages/2.png,b\n./images/1.png,c\nimages/3.png,\n"
      "images/1.png,d\n");
  ASSERT_EQ(source->items(), 3);
  EXPECT_THAT(source->read(0).captions, ElementsAre("a", "c", "d"));
  EXPECT_THAT(source->read(1).captions, ElementsAre("b"));
  EXPECT_EQ(source->caption_count(0), 3);
  EXPECT_EQ(source->caption_count(1), 1);
  EXPECT_EQ(source->caption_count(2), 0);
}

TEST_F(RowSourceTest, RowsOfOnePictureMustAgreeOnItsClass) {
  const auto source = table("image,label\nimages/1.png,1\nimages/1.png,2\n");
  EXPECT_THAT(error_of([&] { source->read(0); }), HasSubstr("the class of the other rows"));
}

TEST_F(RowSourceTest, FindsTheSeparator) {
  const char* const tables[] = {"filepath\ttitle\nimages/1.png\ta, b; c | d\n",
                                "\xEF\xBB\xBFimage,caption\r\nimages/1.png,\"a, b; c | d\"\r\n",
                                "x;image;caption\n1;images/1.png;\"a, b; c | d\"\n",
                                "image|caption\nimages/1.png|\"a, b; c | d\"\n"};
  for (const char* text : tables) {
    EXPECT_THAT(table(text)->read(0).captions, ElementsAre("a, b; c | d")) << text;
  }
}

TEST_F(RowSourceTest, NamesTheColumnsThatItFound) {
  EXPECT_THAT(
      error_of([&] { table("name\turl\ttext, x\nx\ty\tz\n"); }),
      AllOf(HasSubstr("no column is named image or filepath"), HasSubstr("found with 'tab'"),
            HasSubstr("name, url, text"), HasSubstr("`image:` and `caption:` name columns")));
  TableConfig config;
  config.table.separator = Separator::kComma;
  EXPECT_THAT(error_of([&] { table("image\tcaption\nx\ty\n", config); }),
              HasSubstr("found with 'comma'"));
  EXPECT_THAT(error_of([&] { table(""); }), HasSubstr("none"));
}

TEST_F(RowSourceTest, TakesTheColumnsThatAreNamed) {
  TableConfig config;
  config.table.image = {"where"};
  config.table.caption = {"what"};
  const auto source = table("image,where,what\nz,images/2.png,b\n", config);
  EXPECT_EQ(source->read(0).name, "images/2.png");
  EXPECT_THAT(source->read(0).captions, ElementsAre("b"));
}

TEST_F(RowSourceTest, BadRowsAreCountedAndNamedOrEndTheRun) {
  const std::string text =
      "image,caption,label\nimages/1.png,a,1\nimages/2.png,b\n,c,1\nimages/3.png,d,x\n";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(table(text)->items(), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("bad_row: 3 left out"),
                    HasSubstr("line 3: must have 3 fields, but has 2 instead"),
                    HasSubstr("line 4: names no picture"),
                    HasSubstr("line 5: the label must be an integer, but is 'x'")));
  TableConfig strict;
  strict.rows.items.bad_items = BadItems::kError;
  EXPECT_THAT(error_of([&] { table(text, strict); }), HasSubstr("table.csv: line 3: must have 3"));
}

TEST_F(RowSourceTest, AQuoteThatIsNeverClosedCutsTheTable) {
  const std::string text = "image,caption\nimages/1.png,a\nimages/2.png,\"b\nimages/3.png,c\n";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(table(text)->items(), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("line 3: a quote is opened and never closed"));
  TableConfig config;
  config.table.quotes = false;
  const auto plain = table(text, config);
  EXPECT_THAT(plain->read(1).captions, ElementsAre("\"b"));
}

TEST_F(RowSourceTest, ReadsJsonLines) {
  const auto source = json(
      "{\"image\": \"images/1.png\", \"caption\": \"a\", \"label\": 2}\n\n"
      "{\"caption\": [\"b\", \"\", \"c\"], \"image\": \"images/2.png\", \"other\": {\"image\": "
      "1}}");
  ASSERT_EQ(source->items(), 2);
  EXPECT_THAT(source->read(0).captions, ElementsAre("a"));
  EXPECT_EQ(source->read(0).label, 2);
  EXPECT_THAT(source->read(1).captions, ElementsAre("b", "c"));
  EXPECT_EQ(source->caption_count(1), 2);
  EXPECT_EQ(value_of(*source->read(1).image), 2);
}

TEST_F(RowSourceTest, ReadsAJsonList) {
  const auto source = json(
      " [ {\"image\": \"images/1.png\",\n \"caption\": \"}]\\\"{\"},\n"
      "{\"image\": \"images/2.png\", \"caption\": [\"b\"]} ]\n");
  ASSERT_EQ(source->items(), 2);
  EXPECT_THAT(source->read(0).captions, ElementsAre("}]\"{"));
  EXPECT_THAT(source->read(1).captions, ElementsAre("b"));
}

TEST_F(RowSourceTest, ACutListGivesItsWholeItemsByPolicy) {
  const std::string text = "[{\"image\": \"images/1.png\"}, {\"image\": ";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(json(text)->items(), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("the list is cut inside an item"));
  JsonLinesConfig strict;
  strict.rows.items.bad_items = BadItems::kError;
  EXPECT_THAT(error_of([&] { json(text, strict); }), HasSubstr("items.jsonl: line 1: the list"));
}

TEST_F(RowSourceTest, NamesTheKeysOfALineThatNamesNoPicture) {
  EXPECT_THAT(error_of([&] { json("{\"url\": \"x\", \"caption\": \"y\"}\n3\n{\n"); }),
              AllOf(HasSubstr("give no sample: bad_row: 3 left out"),
                    HasSubstr("has no key 'image' or 'filepath' or 'path' or 'file'; found: "
                              "caption, url"),
                    HasSubstr("line 2: is no JSON object"), HasSubstr("line 3: is no valid JSON"),
                    HasSubstr("expected: an object a line")));
}

TEST_F(RowSourceTest, RefusesJsonThatIsNestedWithoutEnd) {
  const std::string deep = "{\"image\": \"a\", \"x\": " + std::string(100000, '[') + "\n";
  EXPECT_THAT(error_of([&] { json(deep); }), HasSubstr("nested more than 64 deep"));
}

TEST_F(RowSourceTest, JoinsFilesAndTakesNamesFromTheRoot) {
  folder_.write("lists/a.csv", "image\n1.png\n");
  folder_.write("lists/b.csv", "image,caption\n2.png,x\n1.png,y\n");
  TableConfig config;
  config.rows.files = {(folder_.path() / "lists/*.csv").string()};
  config.rows.root = (folder_.path() / "images").string();
  const auto source = std::static_pointer_cast<const ItemSource>(open_table(config));
  ASSERT_EQ(source->items(), 2);
  EXPECT_THAT(source->read(0).captions, ElementsAre("y"));
  EXPECT_EQ(value_of(*source->read(1).image), 2);
}

TEST_F(RowSourceTest, AMissingPictureIsABadItem) {
  const auto source = table("image,caption\nimages/9.png,a\n");
  EXPECT_THAT(error_of([&] { source->read(0); }), HasSubstr("images/9.png: no such file"));
  EXPECT_THROW(source->read(0), DataError);
}

TEST_F(RowSourceTest, APictureThatCannotBeOpenedIsABadItem) {
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe.png").c_str(), 0600), 0);
  std::filesystem::create_symlink("loop.png", folder_.path() / "loop.png");
  const auto source =
      table("image\nimages\npipe.png\nloop.png\n" + std::string(300, 'x') + ".png\n");
  ASSERT_EQ(source->items(), 4);
  for (int64_t i = 0; i < source->items(); ++i) {
    EXPECT_THROW(source->read(i), DataError) << i;
  }
  EXPECT_THAT(error_of([&] { source->read(0); }), HasSubstr("images: is not a regular file"));
  EXPECT_THAT(error_of([&] { source->read(3); }), HasSubstr("File name too long"));
}

int64_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_F(RowSourceTest, OpensMoreTablesThanItKeepsOpen) {
  for (int i = 0; i < 300; ++i) {
    folder_.write(std::to_string(1000 + i) + ".csv",
                  "image,caption\nimages/1.png," + std::to_string(1000 + i) + "\n");
  }
  TableConfig config;
  config.rows.files = {(folder_.path() / "*.csv").string()};
  const int64_t before = open_files();
  const auto source = std::static_pointer_cast<const ItemSource>(open_table(config));
  const Item item = source->read(0);
  EXPECT_LE(open_files(), before + 256);
  ASSERT_EQ(item.captions.size(), 300U);
  EXPECT_EQ(item.captions.front(), "1000");
  EXPECT_EQ(item.captions.back(), "1299");
}

TEST_F(RowSourceTest, NoticesATableThatChangesUnderIt) {
  const auto source = table("image,caption\nimages/1.png,a\n");
  folder_.write("table.csv", "image,caption\nimages/1.png,other\n");
  EXPECT_THROW(source->read(0), IoError);
}

TEST_F(RowSourceTest, HashIsThatOfTheRows) {
  const std::string one = table("image,caption\nimages/1.png,a\n")->hash();
  EXPECT_EQ(table("image,caption\r\nimages/1.png,a\r\n\r\n")->hash(), one);
  EXPECT_NE(table("image,caption\nimages/1.png,b\n")->hash(), one);
}

TEST_F(RowSourceTest, ReadsManyRowsAtAnyPlace) {
  std::string text = "image,caption\n";
  for (int i = 0; i < 3000; ++i) {
    text += "images/" + std::to_string(1 + i % 3) + ".png,\"caption, number " + std::to_string(i) +
            std::string(static_cast<size_t>(i % 700), 'x') + "\"\n";
  }
  const auto source = table(text);  // more than one buffer
  ASSERT_GT(text.size(), size_t{1} << 20);
  ASSERT_EQ(source->items(), 3);
  ASSERT_EQ(source->caption_count(2), 1000);
  const Item item = source->read(2);
  EXPECT_EQ(item.captions.at(999).substr(0, 20), "caption, number 2999");
}

}  // namespace
}  // namespace tpretrain::data
