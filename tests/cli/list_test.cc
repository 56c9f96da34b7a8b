#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(List, PrintsEveryKindWithItsEntries) {
  const ProgramResult result = run_program({.arguments = {"list"}});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* text : {"encoder\n  transformer", "tokenizer\n  clip_bpe", "  adamw"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text;
  }
  EXPECT_NE(result.out.find("tgt_embedding"), std::string::npos);
}

TEST(List, OfOneKindHoldsNoOther) {
  const ProgramResult result = run_program({.arguments = {"list", "target", "--json"}});
  const Json document = Json::parse(result.out);
  ASSERT_GE(document.size(), 3U);
  for (const Json& entry : document) {
    EXPECT_EQ(entry.at("kind"), "target");
    EXPECT_FALSE(entry.at("summary").get<std::string>().empty());
  }
}

}  // namespace
}  // namespace tpretrain
