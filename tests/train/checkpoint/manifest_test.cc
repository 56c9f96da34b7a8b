#include "train/checkpoint/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"

namespace tpretrain {
namespace {

using ::testing::HasSubstr;

Manifest sample() {
  Manifest manifest;
  manifest.step = 1000;
  manifest.samples = 256'000;
  manifest.tokens = int64_t{1} << 60;
  manifest.updates = 998;
  manifest.world = 4;
  manifest.virtual_shards = 8;
  manifest.recipe_hash = "r";
  manifest.plan_hash = "p";
  manifest.build_id = "b \"quoted\"";
  manifest.libtorch = "2.11.0";
  manifest.threads = 2;
  manifest.blas = "openblas";
  manifest.history = R"([{"step":0,"batch":256}])";
  manifest.extra = R"({"loss_scale":1.5})";
  manifest.previous_step = 900;
  manifest.files = {{"model.safetensors", kCheckpointChunk + 1, {0x00000001, 0xdeadbeef}, "aa"},
                    {"state.safetensors", 0, {}, "bb"}};
  return manifest;
}

/// A manifest with a right checksum and `from` replaced by `to`.
std::string forged(const std::string& from, const std::string& to) {
  std::string text = format_manifest(sample());
  text.replace(text.find(from), from.size(), to);
  const std::string head = ",\n \"self_xxh3\": \"";
  const size_t body = text.rfind(head);
  return text.substr(0, body) + head + xxh3_hex(text.data(), body) + "\"\n}\n";
}

std::string error_of(const std::string& text) {
  try {
    parse_manifest(text);
  } catch (const CheckpointError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Manifest, ComesBackAsItWasWritten) {
  const Manifest manifest = parse_manifest(format_manifest(sample()));
  EXPECT_EQ(manifest.step, 1000);
  EXPECT_EQ(manifest.samples, 256'000);
  EXPECT_EQ(manifest.tokens, int64_t{1} << 60);
  EXPECT_EQ(manifest.updates, 998);
  EXPECT_EQ(manifest.world, 4);
  EXPECT_EQ(manifest.virtual_shards, 8);
  EXPECT_EQ(manifest.recipe_hash, "r");
  EXPECT_EQ(manifest.plan_hash, "p");
  EXPECT_EQ(manifest.build_id, "b \"quoted\"");
  EXPECT_EQ(manifest.libtorch, "2.11.0");
  EXPECT_EQ(manifest.threads, 2);
  EXPECT_EQ(manifest.blas, "openblas");
  EXPECT_EQ(manifest.history, R"([{"step":0,"batch":256}])");
  EXPECT_EQ(manifest.extra, R"({"loss_scale":1.5})");
  EXPECT_EQ(manifest.previous_step, 900);
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.files[0].chunks, (std::vector<uint32_t>{0x00000001, 0xdeadbeef}));
  EXPECT_EQ(manifest.files[0].bytes, kCheckpointChunk + 1);
  EXPECT_EQ(manifest.find("state.safetensors"), &manifest.files[1]);
  EXPECT_EQ(manifest.find("other"), nullptr);
}

TEST(Manifest, TheFirstCheckpointHasNoPreviousStep) {
  Manifest manifest = sample();
  manifest.previous_step.reset();
  EXPECT_FALSE(parse_manifest(format_manifest(manifest)).previous_step);
}

TEST(Manifest, AWrongChecksumIsFoundBeforeParsing) {
  std::string text = format_manifest(sample());
  text[text.find("998")] = '7';
  EXPECT_THAT(error_of(text), HasSubstr("does not match its own checksum"));
  EXPECT_THAT(error_of(""), HasSubstr("is cut off"));
}

TEST(Manifest, HostileContentWithARightChecksumIsRefused) {
  EXPECT_EQ(error_of(forged("998", "997")), "accepted");
  EXPECT_THAT(error_of(forged("\"format\": 1", "\"format\": 2")), HasSubstr("has format 2"));
  EXPECT_THAT(error_of(forged("\"updates\"", "\"update\"")), HasSubstr("lacks 'updates'"));
  EXPECT_THAT(error_of(forged("998", "-1")), HasSubstr("as 'updates'"));
  EXPECT_THAT(error_of(forged("998", "1e300")), HasSubstr("as 'updates'"));
  EXPECT_THAT(error_of(forged("998", "18446744073709551615")), HasSubstr("as 'updates'"));
  EXPECT_THAT(error_of(forged("\"world\": 4", "\"world\": 4294967296")), HasSubstr("as 'world'"));
  EXPECT_THAT(error_of(forged("\"p\"", "7")), HasSubstr("a string as 'plan_hash'"));
  EXPECT_THAT(error_of(forged("\"state.safetensors\"", "\"../state\"")),
              HasSubstr("names the file"));
  EXPECT_THAT(error_of(forged("\"state.safetensors\"", "\"model.safetensors\"")),
              HasSubstr("each once"));
  EXPECT_THAT(error_of(forged("deadbeef", "deadbeex")), HasSubstr("not hexadecimal"));
  EXPECT_THAT(error_of(forged("deadbeef", "deadbee")), HasSubstr("must have 2 checksums"));
  EXPECT_THAT(error_of(forged("1048577", "9223372036854775807")),
              HasSubstr("must have 8796093022208 checksums"));
  EXPECT_THAT(error_of(forged("\"history\": [", "\"history\": [[")), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of(forged("998", std::string(100'000, '['))), HasSubstr("nested deeper than"));
}

TEST(Manifest, WhatIsNoJsonCannotBeWritten) {
  Manifest manifest = sample();
  manifest.extra = "{";
  EXPECT_THROW(format_manifest(manifest), InternalError);
  manifest = sample();
  manifest.build_id = "\xff";
  EXPECT_THROW(format_manifest(manifest), InternalError);
}

}  // namespace
}  // namespace tpretrain
