#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Docs, ComponentPageIsUpToDate) {
  const ProgramResult result = run_program({.arguments = {"docs", "components"}});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto page = std::filesystem::path(TP_SOURCE_DIR) / "docs/generated/components.md";
  EXPECT_EQ(read_file(page), result.out)
      << "write it anew: tpretrain docs components > docs/generated/components.md";
}

}  // namespace
}  // namespace tpretrain
