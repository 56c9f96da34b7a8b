#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config_sample.h"

namespace tpretrain {
namespace {

using testing::IsEmpty;

const char* const kFull = R"(causal: true
layers: 1000
dropout: 0.25
name: "12"
freeze:
  - encoder.*
betas:
  - 0.5
  - 1
max: 7
clip: 0.001
bias: false
encoder:
  transformer:
    layers: 2
duration: 3 epochs
vocab: /data/vocab.txt
files:
  - /data/a.bin
rest:
  a:
    - 1
order: pre
mask:
  rate: 0.2
  token: <mask>
extra:
  rate: 0.15
  token: "true"
width: auto
)";

TEST(DumpConfig, GivesEveryFieldInDeclaredOrder) {
  EXPECT_EQ(write_yaml(dump_struct(SampleConfig())), R"(causal: false
layers: 12
dropout: 0.1
name: bert
freeze: []
betas:
  - 0.9
  - 0.999
max: null
clip: null
bias: null
encoder: null
duration: 1k steps
vocab: ""
files: []
rest: null
order: post
mask:
  rate: 0.15
  token: "[MASK]"
extra: null
width: 4
)");
}

TEST(DumpConfig, ReadsBackToTheSameText) {
  SampleConfig config;
  ASSERT_THAT(read_sample(kFull, config), IsEmpty());
  EXPECT_EQ(write_yaml(dump_struct(config)), kFull);
  SampleConfig defaults;
  const std::string text = write_yaml(dump_struct(defaults));
  SampleConfig again;
  ASSERT_THAT(read_sample(text, again), IsEmpty());
  EXPECT_EQ(write_yaml(dump_struct(again)), text);
}

TEST(DumpConfig, KeepsTheMarkOfWhatWasWritten) {
  const Node written = parse_yaml(
      "layers: 2\nmask:\n  token: a\nbetas: [0.5]\nencoder: {cnn: {depth: 3}}\nname: null",
      "r.yaml");
  SampleConfig config;
  Faults faults;
  read_struct(config, written, "", faults);
  ASSERT_TRUE(faults.empty());
  const Node dump = dump_struct(config, written);
  EXPECT_EQ(dump.find("layers")->mark().text(), "r.yaml:1:1");
  EXPECT_EQ(dump.find("dropout")->mark().text(), "default");
  EXPECT_EQ(dump.find("name")->mark().text(), "default");
  EXPECT_EQ(dump.find("mask")->find("token")->mark().text(), "r.yaml:3:3");
  EXPECT_EQ(dump.find("mask")->find("rate")->mark().text(), "default");
  EXPECT_EQ(dump.find("betas")->items()[0].mark().text(), "r.yaml:4:1");
  EXPECT_EQ(dump.find("encoder")->find("cnn")->find("depth")->mark().text(), "r.yaml:5:17");
  EXPECT_EQ(dump.find("width")->mark().text(), "default");
}

}  // namespace
}  // namespace tpretrain
