#include "cli/commands.h"
#include "cli/corpus_arguments.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

struct TrainJob {
  WordPieceTrainOptions options;
  CorpusOptions corpus;
  fs::path vocab;
};

TrainJob from_recipe(const TokenizerTrainArguments& arguments) {
  if (arguments.inputs.size() != 1) {
    throw UsageError("tokenizer train takes one recipe, or text files with --size and --output");
  }
  refuse_text_flags(arguments.given);
  const Recipe recipe = load_recipe(arguments.inputs.front(), arguments.sets, builtin_registry());
  const WordPieceConfig config = wordpiece_config(recipe);
  const auto source = text_source(recipe.config.data.train);
  if (!source) {
    throw ConfigError("missing key 'data.train.text.source': the text to learn from");
  }
  const int64_t size = arguments.size > 0 ? arguments.size : config.size;
  if (size == 0) {
    throw ConfigError("missing key 'tokenizer.wordpiece.size': pieces of the vocabulary");
  }
  TrainJob job{{}, corpus_options(*source), config.vocab};
  job.options.size = size;
  job.options.lowercase = config.lowercase;
  job.options.strip_accents = config.strip_accents;
  job.options.chinese = config.chinese;
  job.options.max_word = config.max_word;
  return job;
}

TrainJob from_files(const TokenizerTrainArguments& arguments) {
  refuse_recipes(arguments.inputs, "--output",
                 "the recipe names the vocabulary: tokenizer.wordpiece.vocab; --set changes it");
  if (arguments.size == 0) {
    throw UsageError("tokenizer train of text files needs --size");
  }
  if (!arguments.sets.empty()) {
    throw UsageError("--set is for recipes: the options of text files are flags");
  }
  TrainJob job{{}, corpus_options(arguments.corpus, arguments.inputs), arguments.vocabulary.vocab};
  job.options.size = arguments.size;
  job.options.lowercase = arguments.vocabulary.lowercase;
  return job;
}

}  // namespace

void tokenizer_train(const TokenizerTrainArguments& arguments) {
  TrainJob job =
      arguments.vocabulary.vocab.empty() ? from_recipe(arguments) : from_files(arguments);
  job.options.min_frequency = arguments.min_frequency;
  job.options.limit_alphabet = arguments.limit_alphabet;
  job.options.threads = static_cast<int>(arguments.threads);
  if (fs::exists(job.vocab) && !arguments.overwrite) {
    throw OutputError(job.vocab.string() + " is there already",
                      "--overwrite replaces it; token files made with it no longer fit then");
  }
  prepare_output(job.vocab);
  CorpusProgressLine progress(job.vocab.string());
  const WordPieceTrainReport report =
      train_wordpiece(job.options, job.corpus, job.vocab, progress.callback());
  log::info("tokenizer", job.vocab.string() + ": " + with_commas(report.pieces) + " pieces from " +
                             with_commas(report.words) + " words (" +
                             with_commas(report.distinct_words) + " distinct), alphabet of " +
                             with_commas(report.alphabet) + ", " + with_commas(report.merges) +
                             " merges");
  for (const std::string& line : drop_lines(report.corpus, job.corpus)) {
    log::warn("tokenizer", line);
  }
  if (arguments.json) {
    print_json({{"vocab", job.vocab.string()},
                {"pieces", report.pieces},
                {"words", report.words},
                {"distinct_words", report.distinct_words},
                {"alphabet", report.alphabet},
                {"merges", report.merges}});
  }
}

}  // namespace tpretrain::cli
