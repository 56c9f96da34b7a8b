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

/// Wildcards in `files` are written out at once: what the work writes beside them is no input.
/// Errors: NotFoundError.
CorpusOptions corpus_options(const CorpusArguments& arguments,
                             const std::vector<std::string>& files);

/// The text source under `data.train` or `data.valid`; none when it is absent or names no `source`
/// text.
std::optional<TextSourceConfig> text_source(const Choice& choice);

/// How it is read: `source` as files, written out as above.
CorpusOptions corpus_options(const TextSourceConfig& config);

/// Errors: UsageError when a flag that says how text files are read is among `given`, beside a
/// recipe, which says it itself.
void refuse_text_flags(const std::vector<std::string>& given);

/// Errors: UsageError when a recipe is among `inputs`, which with `flags` are text files. `instead`
/// is the hint.
void refuse_recipes(const std::vector<std::string>& inputs, const std::string& flags,
                    const std::string& instead);

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

/// "12 invalid_utf8, first at byte corpus.txt:123, corpus.txt:456", one line for each reason that
/// occurred. `corpus`: what was read, with its files written out.
std::vector<std::string> drop_lines(const CorpusCounts& counts, const CorpusOptions& corpus);

}  // namespace tpretrain::cli
