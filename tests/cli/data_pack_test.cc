#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(DataPack, PacksAFolderOfPictures) {
  const Project project;
  project.write("pictures/big_cats/1.png", kPixel);
  project.write("pictures/dogs/2.png", kPixel);
  const ProgramResult result = project.run(
      {"data", "pack", "pictures", "--set", "caption=folder", "-o", "shards/all", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report.at("items"), 2);
  EXPECT_EQ(report.at("captions"), 2);
  EXPECT_EQ(report.at("labels"), 2);
  const std::string shard = project.read("shards/all-000000.tar");
  EXPECT_EQ(shard.substr(0, 10), "000000.png");
  EXPECT_NE(shard.find("big cats"), std::string::npos);
}

TEST(DataPack, PacksATableAndShardsAgain) {
  const Project project;
  project.write("1.png", kPixel);
  project.write("list.tsv", "image\tcaption\n1.png\ta dot\n1.png\ta point\n");
  ASSERT_EQ(project.run({"data", "pack", "list.tsv", "-o", "a"}).status, 0);
  ASSERT_EQ(project.run({"data", "pack", "a-000000.tar", "-o", "b"}).status, 0);
  EXPECT_EQ(project.read("a-000000.tar"), project.read("b-000000.tar"));
  EXPECT_NE(project.read("a-000000.tar").find("{\"captions\":[\"a dot\",\"a point\"]}"),
            std::string::npos);
}

TEST(DataPack, TakesTheSourceOfARecipe) {
  const Project project;
  project.write("pictures/a/1.png", kPixel);
  const std::vector<std::string> pack = {"data", "pack",    "recipe.yaml", "-o",
                                         "x",    "--split", "valid",       "--set"};
  auto pictures = pack;
  pictures.push_back("data.valid={image_folder: {path: pictures}}");
  EXPECT_EQ(project.run(pictures).status, 0);
  EXPECT_NE(project.read("x-000000.tar").find("000000.cls"), std::string::npos);
}

TEST(DataPack, SaysWhatIsWrongWithItsInputs) {
  const Project project;
  project.write("1.csv", "image\n1.png\n");
  expect_failure(project.run({"data", "pack", "train.txt", "-o", "x"}), 64,
                 "cannot tell what 'train.txt' is");
  expect_failure(project.run({"data", "pack", "1.csv", "2.tar", "-o", "x"}), 64, "differ");
  expect_failure(project.run({"data", "pack", "1.csv", "-o", "x"}), 65, "1.png: no such file");
  expect_failure(project.run({"data", "pack", "1.csv", "-o", "x", "--set", "captions=a"}), 78,
                 "did you mean 'caption'?");
}

TEST(DataPack, KeepsShardsThatAreThere) {
  const Project project;
  project.write("pictures/1.png", kPixel);
  const std::vector<std::string> pack = {"data", "pack", "pictures", "-o", "x"};
  ASSERT_EQ(project.run(pack).status, 0);
  expect_failure(project.run(pack), 73, "x-000000.tar: is already there");
  auto again = pack;
  again.push_back("--overwrite");
  EXPECT_EQ(project.run(again).status, 0);
}

}  // namespace
}  // namespace tpretrain
