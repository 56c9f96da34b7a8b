#include <array>
#include <charconv>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "tpretrain/data/wordpiece.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

std::shared_ptr<const Tokenizer> tokenizer_of(const TokenizerEncodeArguments& arguments) {
  if (!arguments.recipe.empty()) {
    const Registry registry = builtin_registry();
    auto tokenizer = open_tokenizer(load_recipe(arguments.recipe, {}, registry), registry);
    if (!tokenizer) {
      throw ConfigError("missing key 'tokenizer': what makes ids of the text");
    }
    return tokenizer;
  }
  if (arguments.vocabulary.vocab.empty()) {
    throw UsageError("tokenizer encode needs --wordpiece or --recipe");
  }
  WordPieceConfig config;
  config.vocab = arguments.vocabulary.vocab;
  config.lowercase = arguments.vocabulary.lowercase;
  return load_wordpiece(config);
}

/// {"ids": [101, 7592, 102]}
void append_ids(std::string& out, const std::vector<int32_t>& ids) {
  out += "{\"ids\": [";
  const char* between = "";
  for (const int32_t id : ids) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id).ptr;
    out += between;
    out.append(digits.data(), end);
    between = ", ";
  }
  out += "]}\n";
}

void encode_lines(std::istream& in, const Tokenizer& tokenizer, bool with_special) {
  constexpr size_t kFlushBytes = size_t{1} << 20;
  const SpecialIds& special = tokenizer.special();
  const int32_t cls = with_special ? tokenizer.require(special.cls, "[CLS]") : 0;
  const int32_t sep = with_special ? tokenizer.require(special.sep, "[SEP]") : 0;
  std::string line;
  std::vector<int32_t> ids;
  std::string out;
  while (std::getline(in, line)) {
    ids.clear();
    if (with_special) {
      ids.push_back(cls);
    }
    tokenizer.encode(line, ids);
    if (with_special) {
      ids.push_back(sep);
    }
    append_ids(out, ids);
    if (out.size() >= kFlushBytes) {
      print(out);
      out.clear();
    }
  }
  if (in.bad()) {
    throw IoError("the text could not be read to its end");
  }
  print(out);
}

}  // namespace

void tokenizer_encode(const TokenizerEncodeArguments& arguments) {
  const auto tokenizer = tokenizer_of(arguments);
  if (arguments.file == "-") {
    std::ios::sync_with_stdio(false);
    encode_lines(std::cin, *tokenizer, !arguments.no_special);
    return;
  }
  if (!fs::exists(arguments.file)) {
    throw NotFoundError(arguments.file + " does not exist");
  }
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in || fs::is_directory(arguments.file)) {
    throw IoError(arguments.file + " cannot be read");
  }
  encode_lines(in, *tokenizer, !arguments.no_special);
}

}  // namespace tpretrain::cli
