// What a user does with a model of pictures and texts: rank, classify by names, look at a report.
#include "cli/pair_project.h"

namespace tpretrain {
namespace {

TEST(PretrainPairs, FewerSamplesThanABatchIsAnError) {
  const PairProject project;
  expect_failure(project.run({"pretrain", "pairs.yaml", "--set", "train.batch=12"}), 65,
                 "6 samples, fewer than");
}

/// The table with three more rows whose pictures nobody can read.
void add_bad_pictures(const PairProject& project) {
  std::string huge = PairProject::square(PairProject::kColours[1]);
  huge.replace(16, 8, std::string("\0\0\xEA\x60\0\0\xEA\x60", 8));  // 60,000 x 60,000
  project.write("cut.png", PairProject::square(PairProject::kColours[0]).substr(0, 60));
  project.write("empty.png", "");
  project.write("huge.png", huge);
  project.write("pairs.tsv", project.read("pairs.tsv") +
                                 "cut.png\ta red square\nempty.png\ta red square\n"
                                 "huge.png\ta green square\n");
}

TEST(PretrainPairs, BadPicturesAreNamedAndOthersStandIn) {
  const PairProject project;
  add_bad_pictures(project);
  const ProgramResult result =
      project.run({"pretrain", "pairs.yaml", "--set", "train.duration=3 steps"});
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* name : {"cut.png: ", "empty.png: ", "huge.png: "}) {
    EXPECT_NE(result.err.find(name), std::string::npos) << name << "\n" << result.err;
  }
  EXPECT_NE(result.err.find("(3 so far)"), std::string::npos) << result.err;
}

TEST(PretrainPairs, ABadPictureIsAnErrorByPolicy) {
  const PairProject project;
  add_bad_pictures(project);
  expect_failure(
      project.run({"pretrain", "pairs.yaml", "--set", "data.train.table.bad_items=error"}), 65,
      ".png: ");
}

TEST(PredictPairs, RanksTheTextsForAPicture) {
  const PairProject project;
  project.pretrain();
  const ProgramResult result = project.run(
      {"predict", "runs/pairs", "--image", "pictures/blue/1.png", "-k", "10", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json document = Json::parse(result.out);
  EXPECT_EQ(document.at("target"), "contrastive");
  EXPECT_EQ(document.at("step"), 80);
  const Json& answer = document.at("answers").at(0);
  EXPECT_EQ(answer.at("image"), "pictures/blue/1.png");
  ASSERT_EQ(answer.at("texts").size(), 6U) << "every caption of the held-out set, once";
  EXPECT_EQ(answer.at("texts").at(0).at("text"), "a blue square");
  double before = 1.0001;
  for (const Json& text : answer.at("texts")) {
    EXPECT_LE(text.at("score"), before);
    before = text.at("score");
  }
}

TEST(PredictPairs, RanksThePicturesForTexts) {
  const PairProject project;
  project.pretrain();
  for (const bool folder : {false, true}) {
    std::vector<std::string> arguments = {"predict", "runs/pairs", "a red square", "a white square",
                                          "-k",      "1",          "--json"};
    if (folder) {
      arguments.insert(arguments.end(), {"--among", "pictures"});
    }
    const ProgramResult result = project.run(arguments);
    ASSERT_EQ(result.status, 0) << result.err;
    const Json answers = Json::parse(result.out).at("answers");
    ASSERT_EQ(answers.size(), 2U);
    const std::string before = folder ? "" : "pictures/";
    EXPECT_EQ(answers.at(0).at("pictures").at(0).at("name"), before + "red/1.png");
    EXPECT_EQ(answers.at(1).at("pictures").at(0).at("name"), before + "white/1.png");
    EXPECT_EQ(answers.at(1).at("pictures").size(), 1U);
  }
}

TEST(PredictPairs, TakesTextsOfAFile) {
  const PairProject project;
  project.pretrain();
  project.write("names.txt", "a yellow square\na green square\n\na green square\n");
  const ProgramResult result = project.run(
      {"predict", "runs/pairs", "--image", "pictures/green/1.png", "--among", "names.txt"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 3U) << result.out;
  EXPECT_EQ(lines[0], "pictures/green/1.png");
  EXPECT_TRUE(lines[1].ends_with("a green square")) << lines[1];
  EXPECT_TRUE(lines[2].ends_with("a yellow square")) << lines[2];
}

TEST(PredictPairs, SaysWhatIsWrongWithItsInputs) {
  const PairProject project;
  project.pretrain();
  project.write("names.txt", "a red square\n");
  project.write("cut.png", PairProject::square(PairProject::kColours[0]).substr(0, 60));
  expect_failure(project.run({"predict", "runs/pairs", "red", "--among", "names.txt"}), 64,
                 "has texts, but a text is compared with pictures");
  expect_failure(project.run({"predict", "runs/pairs", "--image", "cut.png"}), 65, "cut.png: ");
  expect_failure(project.run({"predict", "runs/pairs", "--image", "no.png"}), 65, "no.png");
  expect_failure(project.run({"predict", "runs/pairs", "red", "--among", "no.txt"}), 78, "no.txt");
  project.write("long.txt", "a red square\n\n" + std::string(1'100'000, 'a') + "\n");
  std::filesystem::create_directory(project.path() / "folder.txt");
  const auto among = [&project](const std::string& file) {
    return project.run({"predict", "runs/pairs", "--image", "pictures/red/1.png", "--among", file});
  };
  expect_failure(among("long.txt"), 65, "long.txt: line 3 must have at most 1.0 MiB");
  expect_failure(among("folder.txt"), 74, "folder.txt could not be read to its end");
}

TEST(PredictPairs, NeedsAModelOfPicturesAndTexts) {
  const Project project;
  project.pretrain();
  project.write("1.png", kPixel);
  project.write("names.txt", "a\n");
  expect_failure(project.run({"predict", "runs/small", "--image", "1.png", "--among", "names.txt"}),
                 78, "no target of the model compares pictures with texts");
}

TEST(EvalPairs, ClassifiesByNames) {
  const PairProject project;
  project.pretrain();
  const ProgramResult result = project.run({"eval", "runs/pairs", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json valid = Json::parse(result.out).at("valid");
  EXPECT_EQ(valid.at("zero_shot@1"), 1.0);
  EXPECT_EQ(valid.at("zero_shot@5"), 1.0);
  EXPECT_EQ(valid.at("recall@1.contrastive.image_to_text"), 1.0);
}

TEST(EvalPairs, NamesStandInTheOrderOfTheLabels) {
  const PairProject project;
  project.pretrain();
  // The folders are black, blue, green, red, white, yellow: two names change places.
  const ProgramResult result =
      project.run({"eval", "runs/pairs", "--json", "--set",
                   "validate.zero_shot.classes=[blue, black, green, red, white, yellow]"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NEAR(Json::parse(result.out).at("valid").at("zero_shot@1"), 4.0 / 6, 1e-9);
}

TEST(EvalPairs, SaysWhatIsWrongWithTheClasses) {
  const PairProject project;
  project.pretrain();
  const auto with = [&project](const std::string& set) {
    return project.run({"eval", "runs/pairs", "--set", "validate.zero_shot." + set});
  };
  expect_failure(with("templates=[a square]"), 78, "every one of `templates` must hold {}");
  expect_failure(with("classes=[red, green]"), 65, "is of class 2, but there are 2 names");
  expect_failure(with("source={table: {files: pairs.tsv}}"), 78, "nothing names the classes");
  expect_failure(with("source={text: {files: a.bin}}"), 78, "a.bin");
}

TEST(ReportPairs, ShowsWhatWasRetrieved) {
  const PairProject project;
  project.pretrain();
  const Json examples = Json::parse(project.read("runs/pairs/retrieved.json"));
  ASSERT_EQ(examples.size(), 12U) << "six texts and six pictures";
  EXPECT_EQ(examples.at(0).at("query").at("text"), "a red square");
  EXPECT_EQ(examples.at(0).at("found").at(0).at("right"), true);
  ASSERT_EQ(project.run({"report", "runs/pairs"}).status, 0);
  const std::string page = project.read("runs/pairs/report.html");
  EXPECT_NE(page.find("data:image/png;base64,"), std::string::npos);
  EXPECT_NE(page.find("a yellow square"), std::string::npos);
}

}  // namespace
}  // namespace tpretrain
