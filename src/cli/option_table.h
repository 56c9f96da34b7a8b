/// The one table of subcommands and flags, as CLI11 sees it.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace tpretrain::cli {

/// Declares every command; parsing then fills `line`.
void declare_all(CLI::App& root, CommandLine& line, const std::string& version);

/// Not shown in the help.
bool is_hidden(const std::string& command);

/// Names of the commands that are shown: "tokenizer train".
std::vector<std::string> command_list();

/// The app of a command, with those above it made on the way.
CLI::App* app_of(CLI::App& root, const std::string& name);

}  // namespace tpretrain::cli
