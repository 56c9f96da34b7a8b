#include <array>
#include <charconv>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "tpretrain/data/clip_bpe.h"
#include "tpretrain/data/sentencepiece.h"
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
  const bool says_case = arguments.vocabulary.lowercase || arguments.vocabulary.cased;
  if (says_case && arguments.vocabulary.vocab.empty()) {
    throw UsageError("--cased and --lowercase go with --wordpiece");
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

void encode_lines(std::istream& in, const Tokenizer& tokenizer, bool with_special) {
  constexpr size_t kFlushBytes = size_t{1} << 20;
  const Frame frame = with_special ? frame_of(tokenizer) : Frame{};
  std::string line;
  std::vector<int32_t> ids;
  std::string out;
  while (std::getline(in, line)) {
    ids.clear();
    if (frame.first) {
      ids.push_back(*frame.first);
    }
    tokenizer.encode(line, ids);
    if (frame.last) {
      ids.push_back(*frame.last);
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
