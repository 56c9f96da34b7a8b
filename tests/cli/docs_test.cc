#include <regex>

#include "cli/project.h"

namespace tpretrain {
namespace {

const std::filesystem::path kDocs = std::filesystem::path(TP_SOURCE_DIR) / "docs";

class GeneratedPage : public ::testing::TestWithParam<const char*> {};

TEST_P(GeneratedPage, IsUpToDate) {
  const std::string name = GetParam();
  const ProgramResult result = run_program({.arguments = {"docs", name}});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(read_file(kDocs / "generated" / (name + ".md")), result.out)
      << "write it anew: tpretrain docs " << name << " > docs/generated/" << name << ".md";
}

INSTANTIATE_TEST_SUITE_P(Docs, GeneratedPage, ::testing::Values("components", "recipe"),
                         [](const auto& info) { return std::string(info.param); });

TEST(RecipePage, EachOfItsRecipesComposesWithoutAWarning) {
  const TemporaryFolder folder;
  folder.write("vocab.txt", Project::vocabulary(true));
  const std::string page = read_file(kDocs / "recipe.md");
  const std::regex block("```yaml recipe=(\\w+)\n([^`]*)```");
  int count = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), block), end; at != end; ++at, ++count) {
    folder.write("recipe.yaml", (*at)[2]);
    const ProgramResult result = run_program(
        {.arguments = {"compose", "recipe.yaml"}, .folder = folder.path(), .environment = {}});
    EXPECT_EQ(result.status, 0) << (*at)[1] << "\n" << result.err;
    EXPECT_EQ(result.err, "") << (*at)[1];
  }
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace tpretrain
