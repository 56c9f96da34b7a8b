#include "tpretrain/data/sources.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/token_file_writer.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/core/source.h"
#include "tpretrain/core/tokenizer.h"

namespace tpretrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScratchFolder;
using testing::write_file;
using testing::write_token_file;

Registry filled() {
  Registry registry;
  register_sources(registry);
  register_tokenizers(registry);
  return registry;
}

Choice choice(const std::string& yaml) {
  Faults faults;
  Choice choice = read_choice(parse_yaml(yaml, "test"), "x", faults);
  EXPECT_TRUE(faults.empty());
  return choice;
}

TEST(Sources, AreInTheRegistry) {
  const Registry registry = filled();
  EXPECT_THAT(registry.names("source"),
              ElementsAre("image_folder", "json_lines", "shards", "table", "text"));
  EXPECT_THAT(registry.names("tokenizer"), ElementsAre("clip_bpe", "sentencepiece", "wordpiece"));
}

TEST(Sources, TextIsBuiltFromARecipe) {
  const ScratchFolder folder;
  write_token_file(folder / "train", {{{1, 2, 3}}});
  const auto source =
      filled().make<Source>(choice("{text: {files: '" + (folder / "train*.bin") + "'}}"), {});
  EXPECT_EQ(source->items(), 1);
}

TEST(Sources, TextFaultsAreReportedByTheConfig) {
  Faults faults;
  filled().check("source", choice("{text: {fils: a}}"), "data.train", faults);
  ASSERT_EQ(faults.lines().size(), 2U);
  EXPECT_THAT(faults.lines()[0] + faults.lines()[1], HasSubstr("fils"));
  EXPECT_THAT(faults.lines()[0] + faults.lines()[1], HasSubstr("data.train.text.files"));
}

TEST(Sources, TextConfigHoldsWhatPreprocessReads) {
  TextSourceConfig config;
  Faults faults;
  read_struct(config,
              parse_yaml("{files: [/a, /b], source: /raw.jsonl, format: jsonl, key: body}", "test"),
              "text", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_THAT(config.files, ElementsAre("/a", "/b"));
  EXPECT_THAT(config.source, ElementsAre("/raw.jsonl"));
  EXPECT_EQ(config.corpus.format, TextFormat::kJsonl);
  EXPECT_EQ(config.corpus.key, "body");
}

TEST(Sources, PreprocessWritesBesideTheFirstPattern) {
  const auto output = [](const std::string& files) {
    TextSourceConfig config;
    config.files = {files, "other"};
    return preprocess_output(config).string();
  };
  EXPECT_EQ(output("corpus/train*.bin"), "corpus/train");
  EXPECT_EQ(output("corpus/train.idx"), "corpus/train");
  EXPECT_EQ(output("corpus/train"), "corpus/train");
  EXPECT_THROW(output("corpus/*.bin"), ConfigError);
  EXPECT_THROW(output("corpus/[ab].bin"), ConfigError);
  EXPECT_THROW(preprocess_output(TextSourceConfig()), ConfigError);
}

TEST(Tokenizers, WordPieceIsBuiltFromARecipe) {
  const ScratchFolder folder;
  write_file(folder / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n##s\n");
  const auto tokenizer = filled().make<Tokenizer>(
      choice("{wordpiece: {vocab: '" + (folder / "vocab.txt") + "', size: 7}}"), {});
  std::vector<int32_t> ids;
  tokenizer->encode("Hellos", ids);
  EXPECT_THAT(ids, ElementsAre(5, 6));
}

}  // namespace
}  // namespace tpretrain
