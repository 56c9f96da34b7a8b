/// From arguments or a recipe to what the data layer reads.
#pragma once

#include <optional>
#include <string>

#include "cli/options.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/data/corpus.h"
#include "tpretrain/data/sources.h"
#include "tpretrain/data/wordpiece.h"

namespace tpretrain::cli {

CorpusOptions corpus_options(const CorpusArguments& arguments,
                             const std::vector<std::string>& files);

/// The text source under `data.train` or `data.valid`; none when it is absent or names no `source`
/// text.
std::optional<TextSourceConfig> text_source(const Choice& choice);

/// How it is read: `source` as files.
CorpusOptions corpus_options(const TextSourceConfig& config);

/// The recipe's WordPiece config. Errors: ConfigError when it has another tokenizer or none.
WordPieceConfig wordpiece_config(const Recipe& recipe);

/// A progress line with rate and time left, drawn on stderr.
class CorpusProgressLine {
 public:
  explicit CorpusProgressLine(std::string what);
  ~CorpusProgressLine();
  CorpusProgressLine(const CorpusProgressLine&) = delete;
  CorpusProgressLine& operator=(const CorpusProgressLine&) = delete;
  CorpusProgressFn callback();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// "dropped 12 invalid_utf8 (first at corpus.txt:123)", one line for each reason that occurred.
std::vector<std::string> drop_lines(const CorpusCounts& counts, const CorpusOptions& corpus);

}  // namespace tpretrain::cli
