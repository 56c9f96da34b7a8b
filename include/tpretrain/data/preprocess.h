/// Text to token files: Megatron-LM `<prefix>.bin` and `<prefix>.idx` with a manifest. Torch-free.
///
/// Every sentence is one sequence; documents are ranges of sequences. The bytes depend on the text,
/// the tokenizer and the options, never on the number of threads. Memory stays below
/// `preprocess_memory_bound`. Work is committed as it is done under `<prefix>.partial/`; a run that
/// was killed goes on from there (the text before that point is read and hashed again, which runs
/// at disk or decompression speed, but not tokenised again; standard input starts over).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tpretrain/base/fs.h"
#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain {

struct PreprocessOptions {
  CorpusOptions corpus;
  std::filesystem::path output;  ///< prefix: <output>.bin, .idx, .manifest.json
  int threads = 0;               ///< 0: all cores
  int64_t part = 0;        ///< text bytes between commits; 0: a 64th of the input, 1 to 64 MiB
  bool overwrite = false;  ///< replace files that are there; else OutputError
  bool resume = true;      ///< go on from <output>.partial when it fits
};

struct PreprocessReport {
  CorpusCounts counts;
  int64_t tokens = 0;
  int64_t sequences = 0;
  std::string dtype;          ///< "uint16" or "int32"
  int64_t resumed_bytes = 0;  ///< text that an earlier run had committed
  double seconds = 0;
  std::filesystem::path bin;
  std::filesystem::path idx;
  std::filesystem::path manifest;
};

/// Errors: DataError (no document, wrong format, text refused by a policy), NotFoundError, IoError,
/// OutputError. A failed run leaves `<prefix>.partial/` for the next one.
PreprocessReport preprocess(const PreprocessOptions& options, const Tokenizer& tokenizer,
                            const CorpusProgressFn& progress = {},
                            FileSystem& file_system = FileSystem::posix());

/// True when the output is there and was made from the same files (path, size, time of change) with
/// the same options and tokenizer: nothing is left to do.
bool is_preprocessed(const PreprocessOptions& options, const Tokenizer& tokenizer);

/// Upper bound of the memory that `preprocess` takes for itself, tokenizer not included:
/// 64 MiB + (threads + 1) * 16 * (chunk + longest line, at most max_line). Zstandard data with a
/// window above 8 MiB take that window on top.
int64_t preprocess_memory_bound(const PreprocessOptions& options, int64_t longest_line);

}  // namespace tpretrain
