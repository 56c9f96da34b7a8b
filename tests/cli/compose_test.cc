#include "cli/project.h"

namespace tpretrain {
namespace {

/// V 26, D 16, P 32: word 26*16, position 32*16, segment 2*16, norm 2*16.
constexpr int kEmbedding = 26 * 16 + 32 * 16 + 2 * 16 + 2 * 16;
/// qkv 3*(16*16+16), output 16*16+16, ffn 16*32+32 and 32*16+16, two norms of 2*16.
constexpr int kEncoder = 4 * (16 * 16 + 16) + 16 * 32 + 32 + 32 * 16 + 16 + 2 * 2 * 16;
constexpr int kPool = 16 * 16 + 16;
/// dense, norm and the output bias; the output matrix is the word table.
constexpr int kMlm = 16 * 16 + 16 + 2 * 16 + 26;
constexpr int kNsp = 2 * 16 + 2;

TEST(Compose, CountsTrainedParametersByPart) {
  const Project project;
  const ProgramResult result = project.run({"compose", "recipe.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json document = Json::parse(result.out);
  const Json& parts = document.at("parameters_by_part");
  EXPECT_EQ(parts.at("embedding"), kEmbedding);
  EXPECT_EQ(parts.at("encoder"), kEncoder);
  EXPECT_EQ(parts.at("target.mlm"), kMlm);
  EXPECT_EQ(parts.at("target.nsp"), kNsp);
  EXPECT_EQ(document.at("parameters"), kEmbedding + kEncoder + kPool + kMlm + kNsp);
  EXPECT_EQ(document.at("passes").at(0).at("pooled"), 16);
  EXPECT_EQ(document.at("warnings"), Json::array());
}

TEST(Compose, ShowsWhereEachValueComesFrom) {
  const Project project;
  const ProgramResult result = project.run({"compose", "recipe.yaml", "--set", "train.clip=0.5"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("name: small  # recipe.yaml:1:1"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("clip: 0.5  # --set"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("skip_limit: 10  # default"), std::string::npos) << result.out;
}

TEST(Compose, OutputComposesToTheSameModel) {
  const Project project;
  for (const std::string form : {"full", "minimal"}) {
    const ProgramResult first = project.run({"compose", "recipe.yaml", "--form", form});
    project.write("again.yaml", first.out);
    const ProgramResult second = project.run({"compose", "again.yaml", "--json"});
    ASSERT_EQ(second.status, 0) << second.err;
    const Json document = Json::parse(second.out);
    EXPECT_EQ(document, Json::parse(project.run({"compose", "recipe.yaml", "--json"}).out)) << form;
  }
}

TEST(Compose, NeedsNoTokenizerWhereTheModelStatesItsVocabulary) {
  const Project project;
  std::string text = Project::recipe_without_tokenizer();
  text.replace(text.find("[word,"), 6, "[{word: {vocabulary: 26}},");
  text.replace(text.find("tie: embedding.word"), 19, "tie: embedding.word, vocabulary: 26");
  project.write("bare.yaml", text);
  const ProgramResult result = project.run({"compose", "bare.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out).at("parameters"), kEmbedding + kEncoder + kPool + kMlm + kNsp);
}

TEST(Compose, WorksWithoutDataAndWarnsOfAMissingVocabulary) {
  const Project project;
  std::filesystem::remove(project.path() / "vocab.txt");
  std::filesystem::remove(project.path() / "train.txt");
  const ProgramResult result = project.run({"compose", "recipe.yaml", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json warnings = Json::parse(result.out).at("warnings");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings.at(0).get<std::string>().find("vocab.txt does not exist"), std::string::npos);
}

}  // namespace
}  // namespace tpretrain
