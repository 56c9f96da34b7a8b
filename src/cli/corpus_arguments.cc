#include "cli/corpus_arguments.h"

#include <algorithm>

#include <fmt/core.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/base/text.h"

namespace tpretrain::cli {
namespace {

std::string progress_text(const std::string& what, const CorpusProgress& progress) {
  std::string text = what + " " + human_bytes(static_cast<uint64_t>(progress.bytes_done));
  if (progress.bytes_total > 0) {
    const double share =
        static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
    text += fmt::format(" of {} {:.0f}%", human_bytes(static_cast<uint64_t>(progress.bytes_total)),
                        100 * share);
  }
  if (progress.bytes_per_second > 0) {
    text += " | " + human_bytes(static_cast<uint64_t>(progress.bytes_per_second)) + "/s";
    const int64_t left = progress.bytes_total - progress.bytes_done;
    if (left > 0) {
      text += " | ETA " + human_seconds(static_cast<double>(left) / progress.bytes_per_second);
    }
  }
  return text;
}

template <typename Enum>
Enum chosen(const std::string& name, std::initializer_list<std::pair<const char*, Enum>> known) {
  for (const auto& [text, value] : known) {
    if (name == text) {
      return value;
    }
  }
  throw InternalError("'" + name + "' passed the check of the command line");
}

struct TextFlag {
  const char* flag;
  const char* key;  ///< that says the same in a recipe
};

constexpr TextFlag kTextFlags[] = {{"--form", "data.train.text.format"},
                                   {"--key", "data.train.text.key"},
                                   {"--blank-line", "data.train.text.blank_line"},
                                   {"--invalid-utf8", "data.train.text.invalid_utf8"},
                                   {"--long-line", "data.train.text.long_line"},
                                   {"--bad-json", "data.train.text.bad_json"},
                                   {"--max-line", "data.train.text.max_line"},
                                   {"--cased", "tokenizer.wordpiece.lowercase"},
                                   {"--lowercase", "tokenizer.wordpiece.lowercase"}};

}  // namespace

CorpusOptions corpus_options(const CorpusArguments& arguments,
                             const std::vector<std::string>& files) {
  CorpusOptions options;
  options.files = expand_corpus_files(files);
  options.format = chosen<TextFormat>(arguments.form, {{"sentences", TextFormat::kSentences},
                                                       {"plain", TextFormat::kPlain},
                                                       {"jsonl", TextFormat::kJsonl}});
  options.key = arguments.key;
  options.blank_line =
      chosen<BlankLine>(arguments.blank_line,
                        {{"document", BlankLine::kDocument}, {"paragraph", BlankLine::kParagraph}});
  options.invalid_utf8 =
      chosen<InvalidUtf8>(arguments.invalid_utf8, {{"replace", InvalidUtf8::kReplace},
                                                   {"drop", InvalidUtf8::kDrop},
                                                   {"error", InvalidUtf8::kError}});
  const auto bad = [](const std::string& name) {
    return chosen<BadText>(name, {{"drop", BadText::kDrop}, {"error", BadText::kError}});
  };
  options.long_line = bad(arguments.long_line);
  options.bad_json = bad(arguments.bad_json);
  options.max_line = arguments.max_line;
  return options;
}

std::optional<TextSourceConfig> text_source(const Choice& choice) {
  if (choice.name != "text") {
    return std::nullopt;
  }
  TextSourceConfig config;
  Faults faults;
  read_struct(config, choice.config, "data." + choice.name, faults);
  faults.raise_if_any();
  return config.source.empty() ? std::nullopt : std::optional(std::move(config));
}

CorpusOptions corpus_options(const TextSourceConfig& config) {
  CorpusOptions options = config.corpus;
  options.files = expand_corpus_files(config.source);
  return options;
}

void refuse_text_flags(const std::vector<std::string>& given) {
  std::vector<std::string> flags;
  std::vector<std::string> keys;
  for (const TextFlag& known : kTextFlags) {
    if (std::find(given.begin(), given.end(), known.flag) != given.end()) {
      flags.push_back(known.flag);
      keys.push_back(known.key);
    }
  }
  if (!flags.empty()) {
    throw UsageError("flags for text files, not for a recipe: " + join(flags, ", "),
                     "the recipe says the same as " + join(keys, ", ") + "; --set changes it");
  }
}

void refuse_recipes(const std::vector<std::string>& inputs, const std::string& flags,
                    const std::string& instead) {
  for (const std::string& input : inputs) {
    if (input.ends_with(".yaml") || input.ends_with(".yml")) {
      throw UsageError(
          fmt::format("'{}' is a recipe, but with {} the inputs are text files", input, flags),
          instead);
    }
  }
}

WordPieceConfig wordpiece_config(const Recipe& recipe) {
  const Choice& choice = recipe.config.tokenizer;
  if (choice.name != "wordpiece") {
    throw ConfigError("'tokenizer' must be {wordpiece: {vocab: ..., size: ...}}, but is " +
                      (choice ? "'" + choice.name + "'" : std::string("absent")));
  }
  WordPieceConfig config;
  Faults faults;
  read_struct(config, choice.config, "tokenizer.wordpiece", faults);
  faults.raise_if_any();
  return config;
}

struct CorpusProgressLine::State {
  std::string what;
  log::Progress line;
};

CorpusProgressLine::CorpusProgressLine(std::string what) : state_(std::make_shared<State>()) {
  state_->what = std::move(what);
}

CorpusProgressLine::~CorpusProgressLine() {
  state_->line.finish();
}

CorpusProgressFn CorpusProgressLine::callback() {
  return [state = state_](const CorpusProgress& progress) {
    state->line.update(progress_text(state->what, progress));
  };
}

std::vector<std::string> drop_lines(const CorpusCounts& counts, const CorpusOptions& corpus) {
  std::vector<std::string> lines;
  for (int i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    const DropCount& drop = counts.drop(reason);
    if (drop.count == 0) {
      continue;
    }
    std::vector<std::string> places;
    for (const DropCount::Place& place : drop.places) {
      if (places.size() < 3) {
        places.push_back(
            fmt::format("{}:{}", corpus.files.at(static_cast<size_t>(place.file)), place.offset));
      }
    }
    lines.push_back(fmt::format("{} {}, first at byte {}", with_commas(drop.count),
                                drop_reason_name(reason), join(places, ", ")));
  }
  return lines;
}

}  // namespace tpretrain::cli
