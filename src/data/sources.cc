#include "tpretrain/data/sources.h"

#include <algorithm>

#include "data/items/image_folder.h"
#include "data/items/row_source_configs.h"
#include "data/items/shard_source.h"
#include "data/text_source.h"
#include "data/token_file_patterns.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

void TextSourceConfig::describe(ConfigVisitor& v) {
  v.paths("files", files, "Token files to train on: prefix, .bin or .idx; wildcards allowed.");
  v.require("files");
  v.paths("source", source, "Text that `preprocess` makes the token files from.");
  corpus.describe(v);
}

std::filesystem::path preprocess_output(const TextSourceConfig& config) {
  if (config.files.empty()) {
    throw ConfigError("`files` of the text source must name at least one token file");
  }
  std::string prefix = token_file_prefix(config.files.front()).string();
  prefix.erase(
      std::remove_if(prefix.begin(), prefix.end(), [](char c) { return c == '*' || c == '?'; }),
      prefix.end());
  const std::filesystem::path output = prefix;
  if (!output.has_filename() || prefix.find('[') != std::string::npos) {
    throw ConfigError("cannot tell a file name from `files: " + config.files.front() + "`",
                      "name the first pattern like corpus/train*.bin");
  }
  return output;
}

void register_sources(Registry& registry) {
  registry.add<Source, TokenFileSource, TextSourceConfig>(
      {.name = "text",
       .summary = "Tokenised text from Megatron-LM token files (.bin and .idx).",
       .paper = "",
       .reads = {},
       .ops = {}});
  registry.add<Source, data::ShardSource, data::ShardSourceConfig>(
      {.name = "shards",
       .summary = "Pictures with captions or classes in WebDataset tar shards.",
       .paper = "",
       .reads = {},
       .ops = {}});
  registry.add<Source, data::ImageFolder, data::ImageFolderConfig>(
      {.name = "image_folder",
       .summary = "Pictures in a folder with a sub-folder for each class.",
       .paper = "",
       .reads = {},
       .ops = {}});
  registry.add_made_by<Source, data::TableConfig>(
      {.name = "table",
       .summary = "Pictures that CSV or TSV files name, with captions or classes.",
       .paper = "",
       .reads = {},
       .ops = {}},
      [](const data::TableConfig& config, const SourceContext&) { return open_table(config); });
  registry.add_made_by<Source, data::JsonLinesConfig>(
      {.name = "json_lines",
       .summary = "Pictures that JSON lines or lists name, with captions or classes.",
       .paper = "",
       .reads = {},
       .ops = {}},
      [](const data::JsonLinesConfig& config, const SourceContext&) {
        return open_json_lines(config);
      });
}

}  // namespace tpretrain
