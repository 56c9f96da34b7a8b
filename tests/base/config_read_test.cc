#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config_sample.h"
#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> faults_of(const std::string& yaml) {
  SampleConfig config;
  return read_sample(yaml, config);
}

TEST(ReadConfig, NothingGivenKeepsTheDefaults) {
  SampleConfig config;
  EXPECT_THAT(read_sample("", config), IsEmpty());
  EXPECT_EQ(config.layers, 12);
  EXPECT_EQ(config.mask.rate, 0.15);
  Faults faults;
  read_struct(config, Node(), "model", faults);
  EXPECT_THAT(faults.lines(), ElementsAre("the key 'model.mask.token' is missing"));
}

TEST(ReadConfig, ReadsEveryKindOfField) {
  SampleConfig config;
  EXPECT_THAT(read_sample(R"(
causal: true
layers: 1k
dropout: 0
name: 12
freeze: [encoder.*, "*.bias"]
betas: [0.5, 1]
max: 7
clip: 1e-3
bias: false
encoder: {transformer: {layers: 2}}
duration: 3 epochs
vocab: /data/vocab.txt
rest: {a: [1, 2]}
order: pre
mask: {rate: 0.2, token: "<mask>"}
extra: {token: x}
width: auto
)",
                          config, ""),
              IsEmpty());
  EXPECT_TRUE(config.causal);
  EXPECT_EQ(config.layers, 1000);
  EXPECT_EQ(config.dropout, 0);
  EXPECT_EQ(config.name, "12");
  EXPECT_THAT(config.freeze, ElementsAre("encoder.*", "*.bias"));
  EXPECT_THAT(config.betas, ElementsAre(0.5, 1));
  EXPECT_EQ(config.max, 7);
  EXPECT_EQ(config.clip, 1e-3);
  EXPECT_EQ(config.bias, false);
  EXPECT_EQ(config.encoder.name, "transformer");
  EXPECT_EQ(config.encoder.config.find("layers")->text(), "2");
  EXPECT_EQ(config.encoder.mark.line, 11);
  EXPECT_EQ(config.duration.value, 3);
  EXPECT_EQ(config.duration.unit, "epochs");
  EXPECT_EQ(config.vocab, "/data/vocab.txt");
  EXPECT_EQ(config.rest.find("a")->items().size(), 2);
  EXPECT_EQ(config.order, Order::kPre);
  EXPECT_EQ(config.mask.rate, 0.2);
  ASSERT_TRUE(config.extra);
  EXPECT_EQ(config.extra->token, "x");
  EXPECT_EQ(config.extra->rate, 0.15);
  EXPECT_EQ(config.width, 0);
}

TEST(ReadConfig, UnknownKeyIsNamedWithItsPlaceAndTheNearestName) {
  EXPECT_THAT(faults_of("dropout: 0\nlayer: 2\n"),
              ElementsAre("recipe.yaml:2:1: unknown key 'model.layer'; did you mean 'layers'?"));
  EXPECT_THAT(faults_of("mask:\n  token: a\n  ratio: 1\n"),
              ElementsAre("recipe.yaml:3:3: unknown key 'model.mask.ratio'; did you mean 'rate'?"));
  EXPECT_THAT(
      faults_of("mask: {token: a, something_else: 1}"),
      ElementsAre("recipe.yaml:1:18: unknown key 'model.mask.something_else'; known: rate, token"));
}

TEST(ReadConfig, WrongTypesSayWhatIsExpectedAndWhatStandsThere) {
  EXPECT_THAT(
      faults_of(R"(causal: yes
layers: many
dropout: "0.1"
name: [a]
freeze: {a: 1}
betas: 0.9
max: {}
bias: 1
encoder: [a]
duration: 3 parsecs
order: [pre]
mask: 3
files: [a, [b]]
extra: word
width: wide
)"),
      ElementsAre(
          "recipe.yaml:1:1: 'model.causal' must be true or false, but is 'yes'",
          "recipe.yaml:2:1: 'model.layers' must be an integer in [1, 1024], but is 'many'",
          "recipe.yaml:3:1: 'model.dropout' must be a number in [0, 1), but is the string "
          "'0.1'",
          "recipe.yaml:4:1: 'model.name' must be a string, but is a list",
          "recipe.yaml:5:1: 'model.freeze' must be a list of strings, but is a map",
          "recipe.yaml:6:1: 'model.betas' must be a list of numbers, but is '0.9'",
          "recipe.yaml:7:1: 'model.max' must be an integer in [1, inf), but is a map",
          "recipe.yaml:8:1: 'model.bias' must be true or false, but is '1'",
          "recipe.yaml:9:1: 'model.encoder' must be a name or a map of one name ({name: "
          "{...}}), but is a list",
          "recipe.yaml:10:1: 'model.duration' must have one of the units steps, epochs, but "
          "is '3 parsecs'",
          "recipe.yaml:13:12: 'model.files[1]' must be a string, but is a list",
          "recipe.yaml:11:1: 'model.order' must be one of post, pre, but is a list",
          "recipe.yaml:12:1: 'model.mask' must be a map, but is '3'",
          "recipe.yaml:14:1: 'model.extra' must be a map, but is 'word'",
          "recipe.yaml:15:1: 'width' must be an integer or auto"));
}

TEST(ReadConfig, ValuesOutOfRangeShowTheRange) {
  EXPECT_THAT(
      faults_of("layers: 0\ndropout: 1\nbetas: [0.5, 1.5]\nclip: .nan\nduration: 0 steps\nmax: 0"),
      ElementsAre("recipe.yaml:1:1: 'model.layers' must be an integer in [1, 1024], but is '0'",
                  "recipe.yaml:2:1: 'model.dropout' must be a number in [0, 1), but is '1'",
                  "recipe.yaml:3:14: 'model.betas[1]' must be a number in [0, 1], but is '1.5'",
                  "recipe.yaml:6:1: 'model.max' must be an integer in [1, inf), but is '0'",
                  "recipe.yaml:4:1: 'model.clip' must be a finite number, but is '.nan'",
                  "recipe.yaml:5:1: 'model.duration' must be in (0, inf), but is '0 steps'"));
}

TEST(ReadConfig, NumbersThatDoNotFitAreFaults) {
  for (const char* value :
       {"1e400", "-1e400", ".inf", "-.inf", ".nan", "9223372036854775808e400", "1_0"}) {
    EXPECT_EQ(faults_of(std::string("clip: ") + value).size(), 1) << value;
  }
  for (const char* value : {"9223372036854775808", "0777", "1.0", "~1", "'1'"}) {
    EXPECT_EQ(faults_of(std::string("max: ") + value).size(), 1) << value;
  }
}

TEST(ReadConfig, OctalLikeNumbersAreExplained) {
  EXPECT_THAT(
      faults_of("max: 010"),
      ElementsAre("recipe.yaml:1:1: 'model.max' must be an integer in [1, inf), but is '010' "
                  "(octal-like; write it without the leading 0)"));
}

TEST(ReadConfig, QuotedScalarsAreNeverNumbersOrBooleans) {
  EXPECT_EQ(faults_of("causal: 'true'").size(), 1);
  EXPECT_EQ(faults_of("layers: \"2\"").size(), 1);
  EXPECT_EQ(faults_of("duration: '2 steps'").size(), 1);
  EXPECT_THAT(faults_of("name: 'true'"), IsEmpty());
  EXPECT_THAT(faults_of("name: true"), IsEmpty());
}

TEST(ReadConfig, EnumerationsListTheNamesAndTheNearest) {
  EXPECT_THAT(faults_of("order: prr"),
              ElementsAre("recipe.yaml:1:1: 'model.order' must be one of post, pre, but is 'prr'; "
                          "did you mean 'pre'?"));
}

TEST(ReadConfig, NullMeansTheDefault) {
  SampleConfig config;
  config.max = 3;
  EXPECT_THAT(
      read_sample("layers: null\nname: ~\nencoder:\nmask:\n  token: a\nextra: null\nmax: null",
                  config),
      IsEmpty());
  EXPECT_EQ(config.layers, 12);
  EXPECT_EQ(config.name, "bert");
  EXPECT_FALSE(config.encoder);
  EXPECT_FALSE(config.extra);
  EXPECT_EQ(config.max, 3);
}

TEST(ReadConfig, MissingRequiredKeysPointAtTheirMap) {
  EXPECT_THAT(faults_of("layers: 2\nmask:\n  rate: 0.5\n"),
              ElementsAre("recipe.yaml:2:1: the key 'model.mask.token' is missing"));
  EXPECT_THAT(faults_of("mask: {token: null}"),
              ElementsAre("recipe.yaml:1:1: the key 'model.mask.token' is missing"));
}

TEST(ReadConfig, ChecksSpeakOnlyWhenTheirValuesWereRead) {
  EXPECT_THAT(faults_of("mask: {token: a}\nlayers: 3"),
              ElementsAre("recipe.yaml:1:1: 'model': `layers` must be even"));
  EXPECT_THAT(
      faults_of("mask: {token: a}\nlayers: 3\ndropout: 2"),
      ElementsAre("recipe.yaml:3:1: 'model.dropout' must be a number in [0, 1), but is '2'"));
}

TEST(ReadConfig, OneStringStandsForAListOfOne) {
  SampleConfig config;
  EXPECT_THAT(read_sample("freeze: encoder", config), IsEmpty());
  EXPECT_THAT(config.freeze, ElementsAre("encoder"));
}

TEST(ReadConfig, PathsAreTakenFromTheFileThatNamesThem) {
  const std::string here = std::filesystem::current_path().string();
  SampleConfig config;
  const std::string yaml = "vocab: ../vocab.txt\nfiles: [a/*.bin, /b/./c, '', '-'] ";
  EXPECT_THAT(read_sample(yaml, config, "", "configs/bert/base.yaml"), IsEmpty());
  EXPECT_EQ(config.vocab, here + "/configs/vocab.txt");
  EXPECT_THAT(config.files, ElementsAre(here + "/configs/bert/a/*.bin", "/b/./c", "", "-"));
  EXPECT_THAT(read_sample(yaml, config, "", "/etc/base.yaml"), IsEmpty());
  EXPECT_EQ(config.vocab, "/vocab.txt");
  EXPECT_THAT(read_sample("files: x.bin", config, "", "/etc/base.yaml"), IsEmpty());
  EXPECT_THAT(config.files, ElementsAre("/etc/x.bin"));
}

TEST(ReadConfig, PathsOfOptionsAreTakenFromTheWorkingDirectory) {
  const std::string here = std::filesystem::current_path().string();
  for (const Mark& mark : {Mark{"--set"}, Mark{"--set", 1, 1}, Mark{"default"}, Mark{}}) {
    SampleConfig config;
    Faults faults;
    Node node = Node::map({{"vocab", Node::scalar("vocab.txt", mark)}});
    read_struct(config, node, "", faults);
    EXPECT_EQ(config.vocab, here + "/vocab.txt") << mark.text();
  }
}

TEST(ReadConfig, DocumentMustBeAMap) {
  SampleConfig config;
  EXPECT_THAT(read_sample("[mask]", config, ""),
              ElementsAre("recipe.yaml:1:1: the document must be a map, but is a list"));
}

}  // namespace
}  // namespace tpretrain
