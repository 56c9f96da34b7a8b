#include "tpretrain/data/preprocess.h"

#include "cli/commands.h"
#include "cli/corpus_arguments.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

struct Job {
  CorpusOptions corpus;
  fs::path output;
};

Json json_of(const PreprocessReport& report) {
  Json dropped = Json::object();
  for (int i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    dropped[drop_reason_name(reason)] = report.counts.drop(reason).count;
  }
  return {{"bin", report.bin.string()},
          {"idx", report.idx.string()},
          {"manifest", report.manifest.string()},
          {"documents", report.counts.documents},
          {"sentences", report.counts.sentences},
          {"tokens", report.tokens},
          {"dtype", report.dtype},
          {"bytes", report.counts.bytes},
          {"resumed_bytes", report.resumed_bytes},
          {"seconds", report.seconds},
          {"dropped", dropped}};
}

Json run_job(const Job& job, const Tokenizer& tokenizer, const PreprocessArguments& arguments) {
  PreprocessOptions options;
  options.corpus = job.corpus;
  options.output = job.output;
  options.threads = static_cast<int>(arguments.threads);
  options.overwrite = arguments.overwrite;
  prepare_output(job.output);
  CorpusProgressLine progress(job.output.string());
  const PreprocessReport report = tpretrain::preprocess(options, tokenizer, progress.callback());
  log::info("preprocess", report.bin.string() + ": " + with_commas(report.tokens) + " tokens, " +
                              with_commas(report.counts.sentences) + " sentences, " +
                              with_commas(report.counts.documents) + " documents of " +
                              human_bytes(static_cast<uint64_t>(report.counts.bytes)) +
                              " text in " + human_seconds(report.seconds));
  for (const std::string& line : drop_lines(report.counts, job.corpus)) {
    log::warn("preprocess", line);
  }
  return json_of(report);
}

std::vector<Job> jobs_of(const Recipe& recipe) {
  std::vector<Job> jobs;
  for (const Choice* choice : {&recipe.config.data.train, &recipe.config.data.valid}) {
    if (const auto source = text_source(*choice)) {
      jobs.push_back({corpus_options(*source), preprocess_output(*source)});
    }
  }
  if (jobs.empty()) {
    throw ConfigError("the recipe names no text to preprocess",
                      "data.train: {text: {files: tokens/train.bin, source: corpus/*.txt}}");
  }
  return jobs;
}

Json from_recipe(const PreprocessArguments& arguments) {
  if (arguments.inputs.size() != 1) {
    throw UsageError("preprocess takes one recipe, or text files with --wordpiece and --output");
  }
  refuse_text_flags(arguments.given);
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(arguments.inputs.front(), arguments.sets, registry);
  const std::vector<Job> jobs = jobs_of(recipe);
  const auto tokenizer = open_tokenizer(recipe, registry);
  if (!tokenizer) {
    throw ConfigError("missing key 'tokenizer': what makes ids of the text");
  }
  Json outputs = Json::array();
  for (const Job& job : jobs) {
    outputs.push_back(run_job(job, *tokenizer, arguments));
  }
  return outputs;
}

Json from_files(const PreprocessArguments& arguments) {
  refuse_recipes(arguments.inputs, "--wordpiece and --output",
                 "the recipe names both: tokenizer.wordpiece.vocab, data.train.text.files; --set "
                 "changes them");
  if (arguments.vocabulary.vocab.empty() || arguments.output.empty()) {
    throw UsageError("preprocess of text files needs both --wordpiece and --output");
  }
  if (!arguments.sets.empty()) {
    throw UsageError("--set is for recipes: the options of text files are flags");
  }
  WordPieceConfig config;
  config.vocab = arguments.vocabulary.vocab;
  config.lowercase = arguments.vocabulary.lowercase;
  const auto tokenizer = load_wordpiece(config);
  const Job job{corpus_options(arguments.corpus, arguments.inputs), arguments.output};
  return Json::array({run_job(job, *tokenizer, arguments)});
}

}  // namespace

void preprocess(const PreprocessArguments& arguments) {
  const bool by_hand = !arguments.vocabulary.vocab.empty() || !arguments.output.empty();
  const Json outputs = by_hand ? from_files(arguments) : from_recipe(arguments);
  if (arguments.json) {
    print_json({{"outputs", outputs}});
  }
}

}  // namespace tpretrain::cli
