#include <array>
#include <charconv>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/output.h"
#include "tpretrain/data/clip_bpe.h"
#include "tpretrain/data/sentencepiece.h"
#include "tpretrain/data/wordpiece.h"
#include "tpretrain/train/pipeline.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain::cli {
namespace {

constexpr size_t kMostLine = size_t{16} << 20;  ///< bytes

std::shared_ptr<const Tokenizer> tokenizer_of(const TokenizerEncodeArguments& arguments) {
  const bool says_case = arguments.vocabulary.lowercase || arguments.vocabulary.cased;
  if (says_case && arguments.vocabulary.vocab.empty()) {
    throw UsageError("--cased and --lowercase go with --wordpiece");
  }
  if (!arguments.recipe.empty()) {
    const Registry registry = builtin_registry();
    auto tokenizer = open_tokenizer(load_recipe(arguments.recipe, {}, registry), registry);
    if (!tokenizer) {
      throw ConfigError("missing key 'tokenizer': what makes ids of the text");
    }
    return tokenizer;
  }
  if (!arguments.clip_bpe.empty()) {
    ClipBpeConfig config;
    config.vocab = arguments.clip_bpe;
    return load_clip_bpe(config);
  }
  if (!arguments.sentencepiece.empty()) {
    SentencePieceConfig config;
    config.model = arguments.sentencepiece;
    return load_sentencepiece(config);
  }
  if (arguments.vocabulary.vocab.empty()) {
    throw UsageError("tokenizer encode needs --wordpiece, --clip-bpe, --sentencepiece or --recipe");
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

/// {"ids": [101, 7592, 102], "tokens": ["[CLS]", "hello", "[SEP]"]}
Json line_json(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  Json tokens = Json::array();
  for (const int32_t id : ids) {
    tokens.push_back(tokenizer.piece(id));
  }
  return {{"ids", ids}, {"tokens", tokens}};
}

/// What stands around a text: begin and end where the vocabulary has them, else [CLS] and [SEP].
struct Frame {
  std::optional<int32_t> first;
  std::optional<int32_t> last;
};

Frame frame_of(const Tokenizer& tokenizer) {
  const SpecialIds& special = tokenizer.special();
  if (special.bos || special.eos) {
    return {special.bos, special.eos};
  }
  return {tokenizer.require(special.cls, "[CLS]"), tokenizer.require(special.sep, "[SEP]")};
}

void encode_lines(LineReader lines, const Tokenizer& tokenizer,
                  const TokenizerEncodeArguments& arguments) {
  const Frame frame = arguments.no_special ? Frame{} : frame_of(tokenizer);
  std::string line;
  std::vector<int32_t> ids;
  std::string out;
  while (lines.next(line)) {
    ids.clear();
    out.clear();
    if (frame.first) {
      ids.push_back(*frame.first);
    }
    tokenizer.encode(line, ids);
    if (frame.last) {
      ids.push_back(*frame.last);
    }
    if (arguments.json) {
      print_json(line_json(tokenizer, ids));
    } else {
      append_ids(out, ids);
      print(out);
    }
  }
}

}  // namespace

void tokenizer_encode(const TokenizerEncodeArguments& arguments) {
  const auto tokenizer = tokenizer_of(arguments);
  if (arguments.file == "-") {
    std::ios::sync_with_stdio(false);
    encode_lines({std::cin, "standard input", kMostLine}, *tokenizer, arguments);
    return;
  }
  if (!fs::exists(arguments.file)) {
    throw NotFoundError(arguments.file + " does not exist");
  }
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in || fs::is_directory(arguments.file)) {
    throw IoError(arguments.file + " cannot be read");
  }
  encode_lines({in, arguments.file, kMostLine}, *tokenizer, arguments);
}

}  // namespace tpretrain::cli
