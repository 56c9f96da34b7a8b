#include <fmt/core.h>

#include "base/utf8.h"
#include "data/text/utf8.h"
#include "data/text/wordpiece.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace {

constexpr uint64_t kVocabularyBytes = uint64_t{64} << 20;
constexpr size_t kPieceBytes = 1024;

void check_piece(std::string_view piece, const std::string& path, size_t line) {
  if (piece.size() > kPieceBytes) {
    throw DataError(fmt::format("{}:{}: a piece must be at most {} bytes, but is {} instead.", path,
                                line, kPieceBytes, piece.size()));
  }
  if (text::valid_prefix(piece) != piece.size()) {
    throw DataError(fmt::format("{}:{}: the piece is not UTF-8", path, line),
                    "a WordPiece vocabulary is a text file with one piece a line");
  }
}

}  // namespace

namespace text {

std::vector<std::string> read_vocabulary(const std::string& path) {
  if (!FileSystem::posix().exists(path)) {
    throw NotFoundError(fmt::format("vocabulary {} does not exist", path));
  }
  const std::string bytes = FileSystem::posix().read_all(path, kVocabularyBytes);
  std::vector<std::string> pieces;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (piece.ends_with('\r')) {
      piece.remove_suffix(1);
    }
    check_piece(piece, path, pieces.size() + 1);
    pieces.emplace_back(piece);
  }
  if (pieces.empty()) {
    throw DataError(fmt::format("vocabulary {} is empty", path));
  }
  return pieces;
}

}  // namespace text

void WordPieceConfig::describe(ConfigVisitor& v) {
  v.path("vocab", vocab, "Vocabulary file: one piece a line, the line number is the id.");
  v.require("vocab");
  v.field("size", size, "Expected number of pieces; 0 accepts any.", {.min = 0, .max = 1 << 30});
  v.field("lowercase", lowercase, "Lowercase the text.");
  v.field("strip_accents", strip_accents, "Remove accents; as lowercase when absent.");
  v.field("chinese", chinese, "Make every CJK ideograph a word of its own.");
  v.field("max_word", max_word, "Characters; a longer word becomes [UNK].",
          {.min = 1, .max = 1000});
}

std::unique_ptr<Tokenizer> load_wordpiece(const WordPieceConfig& config) {
  std::vector<std::string> pieces = text::read_vocabulary(config.vocab);
  if (config.size != 0 && config.size != static_cast<int64_t>(pieces.size())) {
    throw ConfigError(
        fmt::format("`size` must be {}, the number of pieces in {}, but is {} instead.",
                    pieces.size(), config.vocab, config.size),
        "set `size` to the vocabulary's, or name the vocabulary it was meant for");
  }
  return std::make_unique<text::WordPiece>(std::move(pieces), config);
}

}  // namespace tpretrain
