/// The last step of `preprocess`: from the committed parts to `.bin`, `.idx` and the manifest.
#pragma once

#include <string>
#include <vector>

#include "data/text/chunk_reader.h"
#include "data/text/token_store.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/preprocess.h"
#include "tpretrain/data/token_file.h"

namespace tpretrain::text {

/// Names of the result of `prefix`.
struct TokenPaths {
  explicit TokenPaths(const fs::path& prefix);

  fs::path bin;
  fs::path idx;
  fs::path manifest;
  fs::path partial;
};

/// What the manifest says beside counts and files.
struct ManifestFacts {
  std::string job;  ///< identity of options, tokenizer and source files
  const CorpusOptions& options;
  const Tokenizer& tokenizer;
  TokenType type;
  const std::vector<ReadFile>& sources;
};

/// Assembles the files inside the store's folder, then renames them into place, manifest last, and
/// removes the folder. `store` must be finished.
void write_token_files(FileSystem& file_system, const TokenStore& store, const TokenPaths& paths,
                       const ManifestFacts& facts);

/// `options` as the manifest and the identity of a job hold them: one JSON object.
std::string options_json(const CorpusOptions& options);

}  // namespace tpretrain::text
