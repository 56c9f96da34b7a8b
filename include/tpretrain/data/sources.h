/// Sources of samples and the tokenizers of a recipe, as registry entries.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain {

/// `{text: {files: corpus/train*.bin, source: raw/*.txt}}`: token files to train on, and the text
/// that `preprocess` makes them from.
struct TextSourceConfig {
  std::vector<std::string> files;   ///< prefix, `.bin` or `.idx`; wildcards allowed
  std::vector<std::string> source;  ///< what `preprocess` reads
  CorpusOptions corpus;             ///< how it reads it; `corpus.files` is not set

  void describe(ConfigVisitor& v);
};

/// Prefix of the files that `preprocess` writes for the source: the first of `files` without
/// wildcards and ending ("corpus/train*.bin" gives "corpus/train").
std::filesystem::path preprocess_output(const TextSourceConfig& config);

void register_sources(Registry& registry);
void register_tokenizers(Registry& registry);

}  // namespace tpretrain
