#include "cli/option_table.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/option_checks.h"
#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::cli {
namespace {

constexpr const char* kRootExamples =
    "Examples:\n"
    "  tpretrain compose configs/bert/tiny.yaml\n"
    "  tpretrain preprocess recipe.yaml\n"
    "  tpretrain pretrain recipe.yaml --set train.batch=32\n"
    "  tpretrain predict runs/quickstart \"the capital of France is [MASK].\"\n"
    "`tpretrain COMMAND --help` tells more about one command.";

/// One value for each time that the flag is given: without this CLI11 takes all that follow.
void one_at_a_time(CLI::Option* option) {
  option->allow_extra_args(false);
}

void add_sets(CLI::App& app, std::vector<std::string>& sets) {
  one_at_a_time(app.add_option("--set", sets, "Set a key: train.batch=32; may be repeated")
                    ->type_name("KEY=VALUE"));
}

void add_recipe(CLI::App& app, RecipeArguments& a) {
  app.add_option("recipe", a.recipe, "The recipe")->required()->type_name("FILE");
  add_sets(app, a.sets);
}

void add_json(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "One JSON document on stdout");
}

void add_run(CLI::App& app, RunArguments& a) {
  app.add_option("run-or-recipe", a.recipe, "A run directory, or a recipe")
      ->required()
      ->type_name("PATH");
  add_sets(app, a.sets);
  app.add_option("--run", a.run, "Run directory of the recipe; default runs/NAME")
      ->type_name("DIR");
  auto* weights = app.add_option("--weights", a.weights, "Parameters from a safetensors file")
                      ->type_name("FILE");
  app.add_option("--step", a.step, "Checkpoint to use; default the newest good one")
      ->excludes(weights);
}

void add_vocabulary(CLI::App& app, VocabularyArguments& a) {
  auto* cased = app.add_flag("--cased", a.cased, "Keep the text as it is (the default)");
  app.add_flag("--lowercase", a.lowercase, "Lowercase the text and strip accents")->excludes(cased);
}

void add_corpus(CLI::App& app, CorpusArguments& a) {
  app.add_option("--form", a.form,
                 "sentences (one a line, blank line between documents), plain "
                 "or jsonl")
      ->check(CLI::IsMember({"sentences", "plain", "jsonl"}))
      ->type_name("FORM");
  app.add_option("--key", a.key, "jsonl: the key of the text")->type_name("KEY");
  app.add_option("--blank-line", a.blank_line,
                 "plain: what a blank line ends, document or "
                 "paragraph")
      ->check(CLI::IsMember({"document", "paragraph"}))
      ->type_name("WHAT");
  app.add_option("--invalid-utf8", a.invalid_utf8, "replace, drop (the line) or error")
      ->check(CLI::IsMember({"replace", "drop", "error"}))
      ->type_name("HOW");
  app.add_option("--long-line", a.long_line, "drop or error")
      ->check(CLI::IsMember({"drop", "error"}))
      ->type_name("HOW");
  app.add_option("--bad-json", a.bad_json, "drop or error")
      ->check(CLI::IsMember({"drop", "error"}))
      ->type_name("HOW");
  app.add_option("--max-line", a.max_line, "Bytes of the longest line that is read")
      ->check(at_least(1));
}

void add_threads(CLI::App& app, int64_t& threads) {
  app.add_option("--threads", threads, "0: all cores")->check(CLI::Range(0, 1024));
}

void declare_list(CLI::App& app, CommandLine& line) {
  app.add_option("kind", line.list.kind, "One kind only: encoder, target, ...");
  add_json(app, line.list.json);
}

void declare_describe(CLI::App& app, CommandLine& line) {
  app.add_option("name", line.describe.name, "encoder.transformer, or encoder transformer")
      ->required()
      ->expected(1, 2);
  add_json(app, line.describe.json);
}

void declare_compose(CLI::App& app, CommandLine& line) {
  add_recipe(app, line.compose);
  app.add_option("--form", line.compose.form, "full (every default) or minimal (what was written)")
      ->check(CLI::IsMember({"full", "minimal"}))
      ->type_name("FORM");
  add_json(app, line.compose.json);
}

void declare_preprocess(CLI::App& app, CommandLine& line) {
  PreprocessArguments& a = line.preprocess;
  app.add_option("inputs", a.inputs,
                 "A recipe, or text files (.gz and .zst too, - is standard input)")
      ->required()
      ->type_name("FILE");
  app.add_option("--wordpiece", a.vocabulary.vocab, "Vocabulary, for text files")
      ->type_name("VOCAB");
  add_vocabulary(app, a.vocabulary);
  add_corpus(app, a.corpus);
  app.add_option("-o,--output", a.output, "PREFIX of .bin, .idx and .manifest.json")
      ->type_name("PREFIX");
  add_threads(app, a.threads);
  app.add_flag("--overwrite", a.overwrite, "Replace token files that are there");
  add_sets(app, a.sets);
  add_json(app, a.json);
}

void declare_tokenizer_train(CLI::App& app, CommandLine& line) {
  TokenizerTrainArguments& a = line.tokenizer_train;
  app.add_option("inputs", a.inputs, "A recipe, or text files")->required()->type_name("FILE");
  app.add_option("--size", a.size, "Pieces of the vocabulary, special tokens included")
      ->check(at_least(1));
  app.add_option("-o,--output", a.vocabulary.vocab, "The vocabulary file to write")
      ->type_name("VOCAB");
  add_vocabulary(app, a.vocabulary);
  app.add_option("--min-frequency", a.min_frequency, "Rarest pair that is still merged")
      ->check(at_least(1));
  app.add_option("--limit-alphabet", a.limit_alphabet, "Most frequent characters kept; 0: all")
      ->check(at_least(0));
  add_corpus(app, a.corpus);
  add_threads(app, a.threads);
  app.add_flag("--overwrite", a.overwrite, "Replace a vocabulary that is there");
  add_sets(app, a.sets);
  add_json(app, a.json);
}

void declare_tokenizer_encode(CLI::App& app, CommandLine& line) {
  TokenizerEncodeArguments& a = line.tokenizer_encode;
  app.add_option("file", a.file, "Text, a line each; - is standard input")
      ->required()
      ->type_name("FILE");
  auto* vocab = app.add_option("--wordpiece", a.vocabulary.vocab, "Vocabulary")->type_name("VOCAB");
  auto* clip = app.add_option("--clip-bpe", a.clip_bpe, "Merge list of CLIP, or its vocab.json")
                   ->excludes(vocab)
                   ->type_name("FILE");
  auto* model = app.add_option("--sentencepiece", a.sentencepiece, "Model of spm_train")
                    ->excludes(vocab)
                    ->excludes(clip)
                    ->type_name("FILE");
  app.add_option("--recipe", a.recipe, "Take the tokenizer of a recipe")
      ->excludes(vocab)
      ->excludes(clip)
      ->excludes(model)
      ->type_name("FILE");
  add_vocabulary(app, a.vocabulary);
  app.add_flag("--no-special", a.no_special, "No special tokens around a line");
  app.add_flag("--json", a.json, "The pieces too: {\"ids\": [...], \"tokens\": [...]} a line");
}

void declare_data_check(CLI::App& app, CommandLine& line) {
  add_recipe(app, line.data_check);
  add_json(app, line.data_check.json);
}

void declare_data_pack(CLI::App& app, CommandLine& line) {
  DataPackArguments& a = line.data_pack;
  app.add_option("inputs", a.inputs,
                 "A recipe, or a folder of pictures, .csv, .tsv, .jsonl or .tar files")
      ->required()
      ->type_name("FILE");
  app.add_option("--split", a.split, "Which source of a recipe: train or valid")
      ->check(CLI::IsMember({"train", "valid"}))
      ->type_name("SPLIT");
  app.add_option("-o,--output", a.output, "PREFIX of the shards: PREFIX-000000.tar, ...")
      ->required()
      ->type_name("PREFIX");
  app.add_option("--samples", a.samples, "Samples of a shard")->check(at_least(1));
  app.add_option("--max-side", a.max_side,
                 "Pixels of the longer side of a picture; larger ones are shrunk to PNG. 0: any")
      ->check(at_least(0));
  app.add_flag("--overwrite", a.overwrite, "Replace shards that are there");
  add_sets(app, a.sets);
  add_json(app, a.json);
}

void declare_pretrain(CLI::App& app, CommandLine& line) {
  PretrainArguments& a = line.pretrain;
  add_recipe(app, a);
  app.add_option("--run", a.run, "Run directory; default runs/NAME")
      ->check(not_empty())
      ->type_name("DIR");
  auto* fresh = app.add_flag("--fresh", a.fresh, "Start again; the old run is moved aside");
  app.add_option("--resume", a.resume,
                 "auto (go on if there is a checkpoint), must, or the step to go on from")
      ->excludes(fresh)
      ->type_name("HOW");
  app.add_option("--stop-at", a.stop_at, "End after this step; no schedule changes")
      ->check(at_least(0));
  app.add_option_function<std::string>(
         "--max-time",
         [&a](const std::string& text) {
           std::string error;
           const auto time = parse_quantity(text, {"s"}, &error);
           if (!time) {
             throw UsageError("--max-time " + error);
           }
           if (!(time->value > 0)) {
             throw UsageError("--max-time must be more than 0, but is '" + text + "' instead.");
           }
           a.max_seconds = time->value;
         },
         "Commit and end with status 75 after this time: 11h, 30 min")
      ->type_name("TIME");
  one_at_a_time(app.add_option("--allow", a.allow, "data-change: go on with other training data")
                    ->check(CLI::IsMember({"data-change"}))
                    ->type_name("WHAT"));
  add_json(app, a.json);
}

void declare_eval(CLI::App& app, CommandLine& line) {
  add_run(app, line.eval);
  add_json(app, line.eval.json);
}

void declare_predict(CLI::App& app, CommandLine& line) {
  add_run(app, line.predict);
  // For the help only: CLI11 would cut "[MASK] is [MASK]" apart, so texts are taken from what is
  // left.
  app.add_option("texts", line.predict.texts,
                 "Text with [MASK], or to find pictures for; default lines of stdin")
      ->type_name("TEXT")
      ->expected(0, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false);
  one_at_a_time(
      app.add_option("--image", line.predict.images, "A picture to find texts for; repeatable")
          ->type_name("FILE"));
  app.add_option("--among", line.predict.among,
                 "What is chosen from: a folder, .csv, .tsv, .jsonl, .tar, or a .txt of texts; "
                 "default the recipe's held-out set")
      ->type_name("PATH");
  app.add_option("-k,--count", line.predict.count, "Answers for each [MASK], text or picture")
      ->check(CLI::Range(1, 1'000'000));
  add_json(app, line.predict.json);
}

void declare_trace(CLI::App& app, CommandLine& line) {
  TraceArguments& a = line.trace;
  add_recipe(app, a);
  app.add_option("--weights", a.weights, "Parameters; default the recipe's initial values")
      ->type_name("FILE");
  app.add_option("--batch", a.batch, "Batch tensors; default the first held-out samples")
      ->type_name("FILE");
  app.add_flag("--grad", a.gradients, "Gradients of all parameters too");
  app.add_option("-o,--output", a.output, "safetensors file to write")
      ->required()
      ->type_name("FILE");
  add_json(app, a.json);
}

void declare_import(CLI::App& app, CommandLine& line) {
  ImportArguments& a = line.import_weights;
  app.add_option("--from", a.library, "Library that wrote the weights: hf, open_clip or timm")
      ->required()
      ->check(CLI::IsMember({"hf", "open_clip", "timm"}))
      ->type_name("LIBRARY");
  app.add_option("weights", a.from, "A safetensors file, or a folder with model.safetensors")
      ->required()
      ->type_name("PATH");
  add_recipe(app, a);
  app.add_option("-o,--output", a.output, "The safetensors file to write, for --weights")
      ->required()
      ->type_name("FILE");
  app.add_flag("--partial", a.partial, "What the file lacks keeps its initial values");
  add_json(app, a.json);
}

void declare_export(CLI::App& app, CommandLine& line) {
  ExportArguments& a = line.export_weights;
  app.add_option("--to", a.library, "Library that will read the weights: hf or open_clip")
      ->required()
      ->check(CLI::IsMember({"hf", "open_clip"}))
      ->type_name("LIBRARY");
  app.add_option("weights", a.from, "A run directory, or a safetensors file")
      ->required()
      ->type_name("PATH");
  add_recipe(app, a);
  app.add_option("-o,--output", a.output, "The folder to write")->required()->type_name("FOLDER");
  app.add_option("--step", a.step, "Checkpoint to use; default the newest good one");
  add_json(app, a.json);
}

void declare_report(CLI::App& app, CommandLine& line) {
  app.add_option("run", line.report.run, "A run directory")->required()->type_name("DIR");
  app.add_option("-o,--output", line.report.output, "Page to write; default DIR/report.html")
      ->type_name("FILE");
}

void declare_docs(CLI::App& app, CommandLine& line) {
  app.add_option("page", line.docs.page, "components, recipe or flags")
      ->required()
      ->check(CLI::IsMember({"components", "recipe", "flags"}));
}

struct Command {
  const char* name;
  const char* summary;
  const char* examples;
  void (*declare)(CLI::App&, CommandLine&);
};

constexpr Command kCommands[] = {
    {"list", "What a recipe can name",
     "Examples:\n  tpretrain list\n  tpretrain list encoder --json", declare_list},
    {"describe", "One component: what it is, its config, its sample",
     "Examples:\n  tpretrain describe encoder.transformer", declare_describe},
    {"compose", "Resolve a recipe, build its model, print what came out",
     "Examples:\n  tpretrain compose recipe.yaml\n"
     "  tpretrain compose recipe.yaml --form minimal --set model.encoder.transformer.layers=4",
     declare_compose},
    {"preprocess", "Text to token files",
     "Examples:\n  tpretrain preprocess recipe.yaml\n"
     "  tpretrain preprocess --wordpiece vocab.txt --lowercase corpus/*.txt.gz -o tokens/train",
     declare_preprocess},
    {"tokenizer train", "Learn a WordPiece vocabulary",
     "Examples:\n  tpretrain tokenizer train recipe.yaml\n"
     "  tpretrain tokenizer train --size 30000 --lowercase corpus/*.txt -o vocab.txt",
     declare_tokenizer_train},
    {"tokenizer encode", "Text to ids: one {\"ids\": [...]} a line",
     "Examples:\n  tpretrain tokenizer encode --wordpiece vocab.txt --lowercase text.txt\n"
     "  echo some text | tpretrain tokenizer encode --recipe recipe.yaml -",
     declare_tokenizer_encode},
    {"data check", "Reads and checks all that a recipe trains and validates on",
     "Examples:\n  tpretrain data check recipe.yaml\n"
     "  tpretrain data check recipe.yaml --json",
     declare_data_check},
    {"data pack", "Pictures with captions or classes to tar shards",
     "Examples:\n  tpretrain data pack pictures/ --set caption=path -o shards/train\n"
     "  tpretrain data pack captions.tsv --samples 5000 --max-side 256 -o shards/train\n"
     "  tpretrain data pack recipe.yaml --split valid -o shards/valid",
     declare_data_pack},
    {"pretrain", "Train; goes on where an earlier run stopped",
     "Examples:\n  tpretrain pretrain recipe.yaml\n"
     "  tpretrain pretrain recipe.yaml --run runs/b --set seed=2 --max-time 11h\n"
     "  tpretrain pretrain recipe.yaml --fresh",
     declare_pretrain},
    {"eval", "Held-out loss, retrieval and zero-shot of a run, beside simple predictors",
     "Examples:\n  tpretrain eval runs/quickstart\n"
     "  tpretrain eval recipe.yaml --weights model.safetensors --json",
     declare_eval},
    {"predict", "Fill masks; rank texts for a picture, pictures for a text",
     "Examples:\n  tpretrain predict runs/quickstart \"a [MASK] is an animal.\" -k 3\n"
     "  tpretrain predict runs/clip-clipart --image cat.png\n"
     "  tpretrain predict runs/clip-clipart \"a red house\" --among pictures/\n"
     "  tpretrain predict runs/quickstart --json < lines.txt",
     declare_predict},
    {"trace", "One batch in eval mode: outputs, losses, gradients to a file",
     "Examples:\n  tpretrain trace recipe.yaml --grad -o trace.safetensors\n"
     "  tpretrain trace recipe.yaml --weights model.safetensors --batch batch.safetensors -o t.st",
     declare_trace},
    {"import", "Weights of another library for a recipe",
     "Examples:\n  tpretrain import --from open_clip ViT-B-32 recipe.yaml -o model.safetensors\n"
     "  tpretrain import --from hf bert-base/model.safetensors recipe.yaml -o model.safetensors",
     declare_import},
    {"export", "Weights of a run for another library",
     "Examples:\n  tpretrain export --to hf runs/clip recipe.yaml -o clip-hf\n"
     "  tpretrain export --to open_clip model.safetensors recipe.yaml -o clip-open",
     declare_export},
    {"report", "One HTML page about a run: curves, numbers, recipe, what was retrieved",
     "Examples:\n  tpretrain report runs/quickstart\n"
     "  tpretrain report runs/clipart -o clipart.html\n"
     "The page stands alone: it holds its style and pictures, and loads nothing. It is made of\n"
     "metrics.jsonl, resolved.yaml and recipe.yaml, checkpoints, and, where they are there,\n"
     "baseline.json and retrieved.json.",
     declare_report},
    {"docs", "Generated pages of the documentation", "", declare_docs},
};

}  // namespace

bool is_hidden(const std::string& name) {
  return name == "docs";
}

CLI::App* app_of(CLI::App& root, const std::string& name) {
  CLI::App* app = &root;
  for (const std::string& word : split(name, ' ')) {
    const auto found =
        app->get_subcommands([&word](const CLI::App* sub) { return sub->get_name() == word; });
    app = found.empty() ? app->add_subcommand(word) : found.front();
  }
  return app;
}

void declare_all(CLI::App& root, CommandLine& line, const std::string& version) {
  root.footer(kRootExamples);
  root.require_subcommand(0, 1);
  root.fallthrough();
  root.allow_extras();
  root.set_version_flag("--version", version);
  root.add_flag("-q,--quiet", line.global.quiet, "Warnings and errors only");
  root.add_flag("-v,--verbose", line.global.verbose, "Say more");
  root.add_option("--log-format", line.global.log_format, "text or json, on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  root.add_subcommand("data", "Data sets")->require_subcommand(0, 1)->fallthrough();
  root.add_subcommand("tokenizer", "Vocabularies and ids")->require_subcommand(0, 1)->fallthrough();
  for (const Command& command : kCommands) {
    CLI::App* app = app_of(root, command.name);
    app->description(command.summary);
    app->footer(command.examples);
    app->fallthrough();
    if (is_hidden(command.name)) {
      app->group("");
    }
    command.declare(*app, line);
  }
}

std::vector<std::string> command_list() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (!is_hidden(command.name)) {
      names.push_back(command.name);
    }
  }
  return names;
}

}  // namespace tpretrain::cli
