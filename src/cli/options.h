/// The command line as plain structs. option_table.cc holds the one table of subcommands and flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tpretrain::cli {

struct GlobalArguments {
  bool quiet = false;
  bool verbose = false;
  std::string log_format = "text";  ///< text, json
};

struct RecipeArguments {
  std::string recipe;
  std::vector<std::string> sets;  ///< "a.b=c"
};

/// A trained model: a run directory, or a recipe whose run is looked up.
struct RunArguments : RecipeArguments {
  std::string run;      ///< of a recipe; empty: runs/<name>
  std::string weights;  ///< instead of a checkpoint
  std::optional<int64_t> step;
};

/// A WordPiece vocabulary given by hand.
struct VocabularyArguments {
  std::string vocab;
  bool lowercase = false;
  bool cased = false;  ///< the default, said aloud
};

struct ListArguments {
  std::string kind;
  bool json = false;
};

struct DescribeArguments {
  std::vector<std::string> name;  ///< {"encoder.transformer"} or {"encoder", "transformer"}
  bool json = false;
};

struct ComposeArguments : RecipeArguments {
  std::string form = "full";  ///< full, minimal
  bool json = false;
};

/// How text files are read; a recipe says the same under its source.
struct CorpusArguments {
  std::string form = "sentences";        ///< sentences, plain, jsonl
  std::string key = "text";              ///< jsonl
  std::string blank_line = "document";   ///< document, paragraph
  std::string invalid_utf8 = "replace";  ///< replace, drop, error
  std::string long_line = "drop";        ///< drop, error
  std::string bad_json = "drop";         ///< drop, error
  int64_t max_line = int64_t{16} << 20;
};

struct PreprocessArguments {
  std::vector<std::string> inputs;  ///< one recipe, or text files with `vocabulary` and `output`
  std::vector<std::string> sets;
  VocabularyArguments vocabulary;
  CorpusArguments corpus;
  std::vector<std::string> given;  ///< flags of the command line, in their long form
  std::string output;
  int64_t threads = 0;
  bool overwrite = false;
  bool json = false;
};

struct TokenizerTrainArguments {
  std::vector<std::string> inputs;  ///< one recipe, or text files with `vocabulary.vocab`
  std::vector<std::string> sets;
  VocabularyArguments vocabulary;
  CorpusArguments corpus;
  std::vector<std::string> given;  ///< flags of the command line, in their long form
  int64_t size = 0;
  int64_t min_frequency = 2;
  int64_t limit_alphabet = 1000;
  int64_t threads = 0;
  bool overwrite = false;
  bool json = false;
};

struct TokenizerEncodeArguments {
  std::string file;
  std::string recipe;
  VocabularyArguments vocabulary;
  std::string clip_bpe;       ///< merge list or vocab.json
  std::string sentencepiece;  ///< model
  bool no_special = false;
  bool json = false;
};

struct DataPackArguments {
  std::vector<std::string> inputs;  ///< one recipe, or pictures: a folder, tables, shards
  std::vector<std::string> sets;
  std::string split = "train";  ///< of a recipe: train, valid
  std::string output;
  int64_t samples = 10000;
  int64_t max_side = 0;
  bool overwrite = false;
  bool json = false;
};

struct DataCheckArguments : RecipeArguments {
  bool json = false;
};

struct PretrainArguments : RecipeArguments {
  std::string run;
  bool fresh = false;
  std::string resume = "auto";  ///< auto, must, or a step
  std::optional<int64_t> stop_at;
  std::optional<double> max_seconds;
  std::vector<std::string> allow;  ///< data-change
  bool json = false;
};

struct EvalArguments : RunArguments {
  bool json = false;
};

struct PredictArguments : RunArguments {
  std::vector<std::string> texts;   ///< empty: lines of standard input
  std::vector<std::string> images;  ///< picture files
  std::string among;                ///< empty: the held-out set
  int64_t count = 5;
  bool json = false;
};

struct TraceArguments : RecipeArguments {
  std::string weights;
  std::string batch;
  std::string output;
  bool gradients = false;
  bool json = false;
};

struct ImportArguments : RecipeArguments {
  std::string library;  ///< hf, open_clip, timm
  std::string from;
  std::string output;
  bool partial = false;
  bool json = false;
};

struct ExportArguments : RecipeArguments {
  std::string library;  ///< hf, open_clip
  std::string from;     ///< a run directory or a safetensors file
  std::optional<int64_t> step;
  std::string output;
  bool json = false;
};

struct ReportArguments {
  std::string run;
  std::string output;  ///< empty: report.html in the run directory
};

struct DocsArguments {
  std::string page;  ///< components, recipe, flags
};

struct CommandLine {
  GlobalArguments global;
  std::string command;  ///< "tokenizer train"
  ListArguments list;
  DescribeArguments describe;
  ComposeArguments compose;
  PreprocessArguments preprocess;
  TokenizerTrainArguments tokenizer_train;
  TokenizerEncodeArguments tokenizer_encode;
  DataPackArguments data_pack;
  DataCheckArguments data_check;
  PretrainArguments pretrain;
  EvalArguments eval;
  PredictArguments predict;
  TraceArguments trace;
  ImportArguments import_weights;
  ExportArguments export_weights;
  ReportArguments report;
  DocsArguments docs;
};

/// None when everything was said already (--help, --version).
/// Errors: UsageError, with the nearest command or flag.
std::optional<CommandLine> parse_command_line(int argc, const char* const* argv,
                                              const std::string& version);

/// One line per command and flag, sorted: "pretrain --stop-at".
std::string flag_list();

}  // namespace tpretrain::cli
