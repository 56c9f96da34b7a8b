#include "cli/options.h"

#include <algorithm>
#include <cctype>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/option_table.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::cli {
namespace {

constexpr const char* kAbout =
    "Pre-trains models that a recipe composes from named components.\n"
    "Text for people goes to stderr, results to stdout.";

/// The innermost command that was named.
const CLI::App* innermost(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
  }
  return app;
}

std::string full_name(const CLI::App* app) {
  std::string name;
  for (; app->get_parent() != nullptr; app = app->get_parent()) {
    name = name.empty() ? app->get_name() : app->get_name() + " " + name;
  }
  return name;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!is_hidden(sub->get_name())) {
      names.push_back(sub->get_name());
    }
  }
  return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      flags.push_back("-" + name);
    }
  }
  return flags;
}

/// Those that stand on the command line: "--form".
std::vector<std::string> given_flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0 && !option->get_lnames().empty()) {
      flags.push_back("--" + option->get_lnames().front());
    }
  }
  return flags;
}

UsageError unknown_word(const CLI::App& root, const std::string& word) {
  const CLI::App* app = innermost(root);
  const std::string name = full_name(app);
  const std::string help =
      "`tpretrain " + (name.empty() ? "" : name + " ") + "--help` shows what there is";
  if (word.starts_with('-')) {
    std::vector<std::string> known = flags_of(*app);
    const std::vector<std::string> global = flags_of(root);
    known.insert(known.end(), global.begin(), global.end());
    return UsageError("unknown option '" + word + "'" + suggestion(word, known), help);
  }
  const std::vector<std::string> commands = command_names(*app);
  if (!commands.empty()) {
    return UsageError("unknown command '" + (name.empty() ? "" : name + " ") + word + "'" +
                          suggestion(word, commands),
                      help);
  }
  return UsageError("unexpected argument '" + word + "' of `" + name + "`", help);
}

bool is_flag(const std::string& word) {
  const size_t name = word.find_first_not_of('-');
  return (name == 1 || name == 2) && std::isalpha(static_cast<unsigned char>(word[name])) != 0;
}

UsageError usage_error(const CLI::App& root, const CLI::ParseError& error) {
  for (const std::string& word : root.remaining(true)) {
    if (is_flag(word)) {
      return unknown_word(root, word);  // more likely the mistake than what is missing for it
    }
  }
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const std::string name = full_name(innermost(root));
  return UsageError((name.empty() ? "" : name + ": ") + message,
                    "`tpretrain " + (name.empty() ? "" : name + " ") + "--help` shows the usage");
}

/// Words that no option took: texts of `predict`, else errors.
void take_the_rest(const CLI::App& root, CommandLine& line) {
  for (const std::string& word : root.remaining(true)) {
    if (line.command == "predict" && !is_flag(word) && word != "--") {
      line.predict.texts.push_back(word);
    } else if (word != "--") {
      throw unknown_word(root, word);
    }
  }
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv,
                                              const std::string& version) {
  CommandLine line;
  CLI::App root(kAbout, "tpretrain");
  declare_all(root, line, version);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      root.exit(error);
      return std::nullopt;
    }
    throw usage_error(root, error);
  }
  const CLI::App* app = innermost(root);
  line.command = full_name(app);
  line.preprocess.given = given_flags(*app);
  line.tokenizer_train.given = line.preprocess.given;
  take_the_rest(root, line);
  const std::vector<std::string> missing = command_names(*app);
  if (!missing.empty()) {
    throw UsageError("a command is missing; known: " + join(missing, ", "),
                     "`tpretrain --help` shows examples");
  }
  return line;
}

std::string flag_list() {
  CommandLine line;
  CLI::App root(kAbout, "tpretrain");
  declare_all(root, line, "");
  std::vector<std::string> rows;
  for (const std::string& flag : flags_of(root)) {
    rows.push_back("tpretrain " + flag);
  }
  for (const std::string& command : command_list()) {
    const CLI::App* app = app_of(root, command);
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) {
        rows.push_back(command + " " + option->get_name(true));
      }
    }
    for (const std::string& flag : flags_of(*app)) {
      rows.push_back(command + " " + flag);
    }
  }
  std::sort(rows.begin(), rows.end());
  return join(rows, "\n") + "\n";
}

}  // namespace tpretrain::cli
