#include "cli/project.h"

namespace tpretrain {
namespace {

TEST(Describe, ShowsConfigPaperAndSample) {
  const ProgramResult result = run_program({.arguments = {"describe", "encoder.transformer"}});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* text : {"layers", "https://", "configs/components/encoder/transformer.yaml"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text;
  }
}

TEST(Describe, TakesKindAndNameApart) {
  const ProgramResult one = run_program({.arguments = {"describe", "encoder.transformer"}});
  const ProgramResult two = run_program({.arguments = {"describe", "encoder", "transformer"}});
  EXPECT_EQ(one.out, two.out);
  EXPECT_FALSE(one.out.empty());
}

TEST(Describe, EverySampleItNamesIsThere) {
  const ProgramResult list = run_program({.arguments = {"list", "--json"}});
  int samples = 0;
  for (const Json& entry : Json::parse(list.out)) {
    const std::string kind = entry.at("kind");
    const std::string name = entry.at("name");
    const std::string text = run_program({.arguments = {"describe", kind, name}}).out;
    const size_t at = text.find("configs/components/");
    if (at != std::string::npos) {
      ++samples;
      const std::string sample = text.substr(at, text.find('\n', at) - at);
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(TP_SOURCE_DIR) / sample)) << sample;
    }
  }
  EXPECT_GE(samples, 10);
}

}  // namespace
}  // namespace tpretrain
