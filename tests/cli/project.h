/// A small recipe with its corpus and vocabulary in a folder of its own: what a user of the program
/// has in front of him.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/temporary_folder.h"
#include "cli/program.h"

namespace tpretrain {

using Json = nlohmann::json;

class Project {
 public:
  Project() {
    folder_.write("train.txt", corpus(60));
    folder_.write("valid.txt", corpus(12));
    folder_.write("vocab.txt", vocabulary(true));
    folder_.write("recipe.yaml", recipe());
  }

  const std::filesystem::path& path() const { return folder_.path(); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    return folder_.write(name, bytes);
  }

  std::string read(const std::string& name) const { return read_file(path() / name); }

  ProgramResult run(const std::vector<std::string>& arguments,
                    const std::string& input = "") const {
    return run_program(
        {.arguments = arguments, .folder = path(), .environment = {}, .input = input});
  }

  /// Token files, so that the recipe can train.
  void preprocess() const {
    const ProgramResult result = run({"preprocess", "recipe.yaml", "-q"});
    ASSERT_EQ(result.status, 0) << result.err;
  }

  /// Six steps with checkpoints at 2, 4 and 6, the last two kept.
  void pretrain() const {
    preprocess();
    const ProgramResult result = run({"pretrain", "recipe.yaml", "-q"});
    ASSERT_EQ(result.status, 0) << result.err;
  }

  static std::string vocabulary(bool with_mask) {
    std::string text = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
    text += with_mask ? "[MASK]\n" : "(mask)\n";
    for (const char* word : kWords) {
      text += std::string(word) + "\n";
    }
    return text + ".\n";
  }

  static constexpr int kVocabulary = 26;

  /// The recipe, which names no vocabulary.
  static std::string recipe_without_tokenizer() {
    std::string text = recipe();
    const size_t at = text.find("tokenizer:");
    return text.erase(at, text.find('\n', at) + 1 - at);
  }

  static std::string recipe() {
    return R"(name: small
seed: 1
tokenizer: {wordpiece: {vocab: vocab.txt, size: 26, lowercase: true}}
data:
  train: {text: {files: tokens/train.bin, source: train.txt}}
  valid: {text: {files: tokens/valid.bin, source: valid.txt}}
  processor: {sentence_pair: {length: 32, random_next: 0.5, mask: {rate: 0.15, unit: token}}}
model:
  embedding: {sum: [word, {position: {max: 32}}, {segment: {types: 2}}], norm: layer, dropout: 0.1}
  encoder: {transformer: {layers: 1, hidden: 16, heads: 2, ffn: 32, dropout: 0.1}}
  pool: {cls: {dense: tanh}}
  target: [{mlm: {tie: embedding.word}}, {pair_match: {name: nsp}}]
train:
  duration: 6 steps
  batch: 8 samples
  optimizer: {adamw: {lr: 1e-3}}
  schedule: constant
  threads: 1
validate: {every: 3 steps, samples: 16}
checkpoint: {every: 2 steps, keep: 2}
log: {every: 1}
)";
  }

 private:
  static constexpr std::array<const char*, 20> kWords = {
      "the",  "old",   "red",  "small", "dog",  "cat", "bird", "house",  "tree", "river",
      "sees", "likes", "near", "under", "with", "and", "runs", "sleeps", "a",    "green"};

  /// Documents of four sentences, a sentence a line, without a draw.
  static std::string corpus(int documents) {
    std::string text;
    unsigned state = 1;
    for (int d = 0; d < documents; ++d) {
      for (int s = 0; s < 4; ++s) {
        for (int w = 0; w < 5 + (d + s) % 4; ++w) {
          state = state * 1103515245U + 12345U;
          text += std::string(w == 0 ? "" : " ") + kWords[(state >> 16) % kWords.size()];
        }
        text += " .\n";
      }
      text += "\n";
    }
    return text;
  }

  TemporaryFolder folder_;
};

/// A PNG of one grey pixel.
inline const std::string kPixel(
    "\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\001\000\000"
    "\000\001\010\000\000\000\000\072\176\233\125\000\000\000\012\111\104\101\124\170\332\143"
    "\150\000\000\000\202\000\201\332\105\010\073\000\000\000\000\111\105\116\104\256\102\140"
    "\202",
    67);

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// One readable line that holds `part`, then the FATAL line with `code`, and that status.
inline void expect_failure(const ProgramResult& result, int code, const std::string& part) {
  EXPECT_EQ(result.status, code) << result.err;
  const std::vector<std::string> lines = lines_of(result.err);
  ASSERT_FALSE(lines.empty());
  int errors = 0;
  for (const std::string& line : lines) {
    if (line.starts_with("tpretrain: error: ")) {
      ++errors;
      EXPECT_NE(line.find(part), std::string::npos) << line;
    }
    for (const char c : line) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    }
  }
  EXPECT_EQ(errors, 1) << result.err;
  EXPECT_TRUE(lines.back().starts_with("tpretrain: FATAL rank=0 host=")) << result.err;
  EXPECT_NE(lines.back().find(" code=" + std::to_string(code) + " reason="), std::string::npos)
      << lines.back();
  EXPECT_EQ(result.err.find("frame #"), std::string::npos) << "a backtrace";
}

}  // namespace tpretrain
