#include "data/items/image_folder.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/items/pictures.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::png;
using testing::value_of;

class ImageFolderTest : public ::testing::Test {
 protected:
  ImageFolder open(FolderCaption caption = FolderCaption::kNone) const {
    ImageFolderConfig config;
    config.path = (folder_.path() / "pictures").string();
    config.caption = caption;
    return {config, {}};
  }

  void write(const std::string& name, const std::string& bytes = png(0)) const {
    folder_.write("pictures/" + name, bytes);
  }

  TemporaryFolder folder_;
};

TEST_F(ImageFolderTest, ClassesAreTheSubFoldersInTheirOrder) {
  write("dogs/1.png", png(1));
  write("cats/b/2.PNG", png(2));
  write("cats/a.png", png(3));
  write("cats-old/x.png", png(4));
  write("empty/readme.txt", "x");
  write(".hidden/1.png", png(5));
  write("loose.png", png(6));
  const ImageFolder source = open();
  EXPECT_THAT(source.classes(), ElementsAre("cats", "cats-old", "dogs"));
  std::vector<std::string> names;
  std::vector<int64_t> labels;
  std::vector<int> values;
  for (int64_t i = 0; i < source.items(); ++i) {
    const Item item = source.read(i);
    names.push_back(item.name);
    labels.push_back(item.label.value_or(-1));
    values.push_back(value_of(*item.image));
  }
  EXPECT_THAT(names, ElementsAre("cats-old/x.png", "cats/a.png", "cats/b/2.PNG", "dogs/1.png",
                                 "loose.png"));
  EXPECT_THAT(labels, ElementsAre(1, 0, 0, 2, -1));
  EXPECT_THAT(values, ElementsAre(4, 3, 2, 1, 6));
}

TEST_F(ImageFolderTest, MakesCaptionsOfNames) {
  write("wild_cats/red-lion/big_one-003.png");
  const auto caption = [&](FolderCaption kind) { return open(kind).read(0).captions.at(0); };
  EXPECT_EQ(caption(FolderCaption::kName), "big one");
  EXPECT_EQ(caption(FolderCaption::kFolder), "red lion");
  EXPECT_EQ(caption(FolderCaption::kPath), "wild cats red lion big one");
  EXPECT_TRUE(open().read(0).captions.empty());
  EXPECT_EQ(open(FolderCaption::kName).caption_count(0), 1);
  EXPECT_EQ(open().caption_count(0), 0);
}

TEST_F(ImageFolderTest, NamesADamagedFile) {
  write("a/1.png", "");
  EXPECT_THAT(error_of([&] { open().read(0); }), HasSubstr("pictures/a/1.png"));
}

TEST_F(ImageFolderTest, AFileThatVanishedIsABadItem) {
  write("a/1.png");
  const ImageFolder source = open();
  std::filesystem::remove(folder_.path() / "pictures/a/1.png");
  EXPECT_THROW(source.read(0), DataError);
}

TEST_F(ImageFolderTest, OnlyRegularFilesAndLinksToThemArePictures) {
  write("a/1.png", png(1));
  const auto folder = folder_.path() / "pictures/a";
  std::filesystem::create_symlink("1.png", folder / "2.png");
  std::filesystem::create_symlink("nothing.png", folder / "3.png");
  std::filesystem::create_symlink("4.png", folder / "4.png");
  ASSERT_EQ(::mkfifo((folder / "5.png").c_str(), 0600), 0);
  const ImageFolder source = open();
  ASSERT_EQ(source.items(), 2);
  EXPECT_EQ(value_of(*source.read(1).image), 1);
  EXPECT_FALSE(source.hash().empty());
}

TEST_F(ImageFolderTest, SaysWhatItExpects) {
  EXPECT_THAT(error_of([&] { open(); }), HasSubstr("does not exist"));
  write("a/readme.txt", "x");
  EXPECT_THAT(error_of([&] { open(); }),
              AllOf(HasSubstr("gives no sample"), HasSubstr("a sub-folder for each class")));
}

TEST_F(ImageFolderTest, RefusesAFolderThatHoldsItself) {
  write("a/1.png");
  std::filesystem::create_directory_symlink(folder_.path() / "pictures",
                                            folder_.path() / "pictures/a/loop");
  EXPECT_THAT(error_of([&] { open(); }), HasSubstr("more than 16 folders deep"));
}

TEST_F(ImageFolderTest, HashIsThatOfNamesAndSizes) {
  write("a/1.png", png(1));
  const std::string before = open().hash();
  EXPECT_EQ(open().hash(), before);
  write("a/1.png", png(1) + "x");
  EXPECT_NE(open().hash(), before);
}

}  // namespace
}  // namespace tpretrain::data
