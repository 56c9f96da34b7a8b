/// A corpus with a vocabulary, and what `preprocess` should make of it, computed plainly.
#pragma once

#include <string>
#include <vector>

#include "tests/base/temporary_folder.h"
#include "tpretrain/data/preprocess.h"
#include "tpretrain/data/token_file.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain::testing {

using Documents = std::vector<std::vector<std::string>>;

inline Documents sample_documents(int documents) {
  Documents out;
  for (int d = 0; d < documents; ++d) {
    auto& sentences = out.emplace_back();
    for (int s = 0; s < 1 + d % 7; ++s) {
      std::string sentence;
      for (int w = 0; w < 3 + (d * 31 + s * 17) % 12; ++w) {
        sentence += "w" + std::to_string((d * 7 + s * 5 + w * 3) % 50) + " ";
      }
      sentences.push_back(sentence + "\u4e2d\u3002");
    }
  }
  return out;
}

inline std::string as_sentences(const Documents& documents) {
  std::string text;
  for (const auto& document : documents) {
    for (const std::string& sentence : document) {
      text += sentence + "\n";
    }
    text += "\n";
  }
  return text;
}

inline std::string sample_vocabulary() {
  std::string text = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw\n\u4e2d\n\u3002\n";
  for (int i = 0; i < 10; ++i) {
    text += "##" + std::to_string(i) + "\n";
  }
  return text;
}

/// Files, options and tokenizer of one test.
class SampleJob {
 public:
  SampleJob() {
    WordPieceConfig config;
    config.vocab = folder.write("vocab.txt", sample_vocabulary()).string();
    tokenizer = load_wordpiece(config);
    options.output = folder.path() / "out";
    options.overwrite = true;
    options.threads = 2;
  }

  std::string bytes() const {
    return read_file(options.output.string() + ".bin") +
           read_file(options.output.string() + ".idx") +
           read_file(options.output.string() + ".manifest.json");
  }

  PreprocessReport run() const { return preprocess(options, *tokenizer); }

  TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer;
  PreprocessOptions options;
};

}  // namespace tpretrain::testing
