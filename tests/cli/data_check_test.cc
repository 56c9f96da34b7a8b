#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(DataCheck, SaysWhatThereIs) {
  const Project project;
  project.preprocess();
  const ProgramResult result = project.run({"data", "check", "recipe.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report.at("train").at("items"), 60);
  EXPECT_EQ(report.at("valid").at("items"), 12);
  EXPECT_EQ(report.at("valid").at("bad"), 0);
  EXPECT_EQ(report.at("train").at("samples"), 60);
  EXPECT_NE(result.err.find("train: 60 items"), std::string::npos) << result.err;
}

TEST(DataCheck, NamesEveryDamagedPictureAndFails) {
  const Project project;
  project.write("pictures/a/1.png", kPixel);
  project.write("pictures/a/2.png", std::string(kPixel).substr(0, 50));
  project.write("pictures/b/3.png", "no picture");
  const ProgramResult result =
      project.run({"data", "check", "recipe.yaml", "--json", "--set", "data.valid=null", "--set",
                   "data.train={image_folder: {path: pictures}}", "--set",
                   "data.processor={image_class: {image: {size: 8}}}"});
  expect_failure(result, 65, "2 damaged");
  const Json train = Json::parse(result.out).at("train");
  EXPECT_EQ(train.at("items"), 3);
  EXPECT_EQ(train.at("bad"), 2);
  for (const char* name : {"2.png", "3.png"}) {
    EXPECT_NE(result.err.find(name), std::string::npos) << result.err;
  }
  EXPECT_EQ(result.err.find("1.png"), std::string::npos) << result.err;
}

TEST(DataCheck, CountsWhatOpeningLeavesOut) {
  const Project project;
  project.write("1.png", kPixel);
  project.write("list.tsv", "image\tcaption\n1.png\ta dot\n\ta row without a picture\n");
  const ProgramResult result = project.run(
      {"data", "check", "recipe.yaml", "--json", "--set", "data.valid=null", "--set",
       "data.train={table: {files: list.tsv}}", "--set", "data.processor={image_class: {}}"});
  expect_failure(result, 65, "1 damaged");
  EXPECT_EQ(Json::parse(result.out).at("train").at("bad"), 1);
}

TEST(DataCheck, GoesOnAfterASourceThatCannotBeOpened) {
  const Project project;
  project.preprocess();
  for (const char* name : {"tokens/train.bin", "tokens/valid.bin"}) {
    std::string bytes = project.read(name);
    bytes[8] = static_cast<char>(bytes[8] ^ 1);
    project.write(name, bytes);
  }
  const ProgramResult result = project.run({"data", "check", "recipe.yaml", "--json"});
  expect_failure(result, 65, "2 damaged");
  const Json report = Json::parse(result.out);
  EXPECT_EQ(report.at("train").at("bad"), 1);
  EXPECT_EQ(report.at("valid").at("bad"), 1);
}

TEST(DataCheck, LooksAtThePicturesOfZeroShot) {
  const Project project;
  project.preprocess();
  project.write("classes/a/1.png", "no picture");
  const ProgramResult result =
      project.run({"data", "check", "recipe.yaml", "--json", "--set",
                   "validate.zero_shot={source: {image_folder: {path: classes}}}"});
  expect_failure(result, 65, "1 damaged");
  EXPECT_EQ(Json::parse(result.out).at("zero_shot").at("bad"), 1);
}

}  // namespace
}  // namespace tpretrain
