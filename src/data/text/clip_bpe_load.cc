#include <filesystem>
#include <unordered_map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "data/text/byte_stream.h"
#include "data/text/clip_bpe.h"
#include "data/text/text_clean.h"
#include "data/text/utf8.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace text {

namespace {

constexpr size_t kFileBytes = size_t{32} << 20;
constexpr size_t kPieceBytes = 1024;
/// CLIP's list is longer than its vocabulary: this many merges count.
constexpr size_t kClipMerges = 49152 - 256 - 2;

using Ids = std::unordered_map<std::string, int32_t>;  // looked up, never walked

/// Special tokens as open_clip and as OpenAI and Hugging Face write them.
constexpr std::pair<const char*, const char*> kSpecial[] = {{"<start_of_text>", "<end_of_text>"},
                                                            {"<|startoftext|>", "<|endoftext|>"}};

/// The file, decompressed.
std::string read_text(const std::string& path) {
  RawBytes raw(path);
  const auto stream = open_stream(raw);
  std::string bytes;
  char buffer[1 << 16];
  while (const size_t got = stream->read(buffer, sizeof(buffer))) {
    bytes.append(buffer, got);
    if (bytes.size() > kFileBytes) {
      throw DataError(
          fmt::format("vocabulary {} must have at most {} MiB of text", path, kFileBytes >> 20));
    }
  }
  if (valid_prefix(bytes) != bytes.size()) {
    throw DataError(fmt::format("vocabulary {} is not UTF-8", path));
  }
  return bytes;
}

/// The single bytes as pieces, printable ones first; with `suffix` at their ends.
std::vector<std::string> byte_pieces(std::string_view suffix) {
  std::vector<std::string> pieces[2];
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t c = byte_character(static_cast<unsigned char>(byte));
    pieces[c == static_cast<char32_t>(byte) ? 0 : 1].push_back(utf8_of({&c, 1}) +
                                                               std::string(suffix));
  }
  pieces[0].insert(pieces[0].end(), pieces[1].begin(), pieces[1].end());
  return pieces[0];
}

/// Reads a merge list: the pieces are those of a given vocabulary, or grow with the list.
class MergeReader {
 public:
  /// `given`: piece to id; null when the list makes the vocabulary.
  MergeReader(std::string path, ClipVocabulary& vocabulary, const Ids* given)
      : path_(std::move(path)), vocabulary_(vocabulary), given_(given) {
    for (const std::string_view suffix : {std::string_view(), kEndOfWord}) {
      for (const std::string& piece : byte_pieces(suffix)) {
        make(piece);
      }
    }
  }

  void read(std::string_view text, size_t limit) {
    for (line_ = 1; !text.empty() && vocabulary_.merges.size() < limit; ++line_) {
      const size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      line.remove_suffix(line.ends_with('\r') ? 1 : 0);
      const bool header = line_ == 1 && line.find("#version") != std::string_view::npos;
      if (!header && !line.empty()) {
        add(line);
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(fmt::format("{}:{}: {}", path_, line_, reason),
                    "a merge list has one pair of pieces a line, the strongest first");
  }

  void add(std::string_view line) {
    const size_t blank = line.find(' ');
    if (blank == 0 || blank == std::string_view::npos || blank + 1 == line.size() ||
        line.find(' ', blank + 1) != std::string_view::npos || line.size() > kPieceBytes) {
      fail(fmt::format("a merge must be two pieces with a blank between them, {} bytes at most",
                       kPieceBytes));
    }
    const std::string left(line.substr(0, blank));
    const std::string right(line.substr(blank + 1));
    if (left.ends_with(kEndOfWord)) {
      fail(fmt::format("'{}' ends a word, so nothing follows it", escape_control(left)));
    }
    const int32_t left_id = made(left);
    const int32_t right_id = made(right);
    vocabulary_.merges.push_back({left_id, right_id, make(left + right)});
  }

  int32_t made(const std::string& piece) const {
    const auto found = made_.find(piece);
    if (found == made_.end()) {
      fail(fmt::format("'{}' is no byte and no result of an earlier merge", escape_control(piece)));
    }
    return found->second;
  }

  int32_t make(const std::string& piece) {
    int32_t id = static_cast<int32_t>(made_.size());
    if (given_ != nullptr) {
      const auto found = given_->find(piece);
      if (found == given_->end()) {
        fail(fmt::format("the vocabulary has no piece '{}'", escape_control(piece)));
      }
      id = found->second;
    }
    if (!made_.emplace(piece, id).second) {
      fail(fmt::format("'{}' is made for the second time", escape_control(piece)));
    }
    if (given_ == nullptr) {
      vocabulary_.pieces.push_back(piece);
    }
    return id;
  }

  std::string path_;
  ClipVocabulary& vocabulary_;
  const Ids* given_;
  Ids made_;
  size_t line_ = 1;
};

/// {"piece": id}, ids 0 to n - 1.
std::vector<std::string> parse_pieces(const std::string& bytes, const std::string& path) {
  const auto fail = [&path](const std::string& reason) {
    throw DataError(fmt::format("vocabulary {} {}", path, reason),
                    "a vocab.json is one object of pieces and their ids, 0 to n - 1");
  };
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  if (!json.is_object()) {
    fail("is not a JSON object");
  }
  std::vector<std::string> pieces(json.size());
  for (const auto& [piece, id] : json.items()) {
    const bool fits = id.is_number_unsigned() && id.get<uint64_t>() < pieces.size();
    if (!fits || piece.empty() || piece.size() > kPieceBytes ||
        !pieces[id.get<uint64_t>()].empty()) {
      fail(fmt::format("gives '{}' an id that is not its own in [0, {})", escape_control(piece),
                       json.size()));
    }
    pieces[id.get<uint64_t>()] = piece;
  }
  return pieces;
}

ClipVocabulary read_json(const std::string& bytes, const ClipBpeConfig& config) {
  ClipVocabulary vocabulary;
  vocabulary.pieces = parse_pieces(bytes, config.vocab);
  Ids ids;
  for (size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    ids.emplace(vocabulary.pieces[i], static_cast<int32_t>(i));
  }
  for (const auto& [start, end] : kSpecial) {
    if (ids.count(start) > 0 && ids.count(end) > 0) {
      vocabulary.start = start;
      vocabulary.end = end;
    }
  }
  if (vocabulary.start.empty()) {
    throw DataError(fmt::format("vocabulary {} has no {} and {}", config.vocab, kSpecial[1].first,
                                kSpecial[1].second));
  }
  const std::string merges =
      config.merges.empty()
          ? (std::filesystem::path(config.vocab).parent_path() / "merges.txt").string()
          : config.merges;
  MergeReader(merges, vocabulary, &ids).read(read_text(merges), SIZE_MAX);
  return vocabulary;
}

ClipVocabulary read_list(const std::string& bytes, const ClipBpeConfig& config) {
  if (!config.merges.empty()) {
    throw ConfigError("`merges` goes with a vocab.json, but " + config.vocab +
                      " is itself a merge list");
  }
  ClipVocabulary vocabulary;
  MergeReader(config.vocab, vocabulary, nullptr).read(bytes, kClipMerges);
  vocabulary.start = kSpecial[0].first;
  vocabulary.end = kSpecial[0].second;
  vocabulary.pieces.push_back(vocabulary.start);
  vocabulary.pieces.push_back(vocabulary.end);
  return vocabulary;
}

}  // namespace

ClipVocabulary read_clip_vocabulary(const ClipBpeConfig& config) {
  const std::string bytes = read_text(config.vocab);
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) {
    throw DataError(fmt::format("vocabulary {} is empty", config.vocab));
  }
  // A merge list may begin with the pair "{ ...", but never with a name in quotes.
  const size_t second = bytes.find_first_not_of(" \t\r\n", first + 1);
  const bool json = bytes[first] == '{' && second != std::string::npos &&
                    (bytes[second] == '"' || bytes[second] == '}');
  return json ? read_json(bytes, config) : read_list(bytes, config);
}

}  // namespace text

void describe_clean(ConfigVisitor& v, TextClean& clean) {
  v.choice("clean", clean,
           "Before the text is cut: none; whitespace (characters repaired, HTML references "
           "resolved, single blanks); lower; canonicalize (no punctuation, lower).",
           {"none", "whitespace", "lower", "canonicalize"});
}

void ClipBpeConfig::describe(ConfigVisitor& v) {
  v.path("vocab", vocab, "bpe_simple_vocab_16e6.txt, .gz too, or a vocab.json.");
  v.require("vocab");
  v.path("merges", merges, "Merge list of a vocab.json; merges.txt beside it when absent.");
  v.field("size", size, "Expected number of tokens; 0 accepts any.", {.min = 0, .max = 1 << 30});
  describe_clean(v, clean);
}

std::unique_ptr<Tokenizer> load_clip_bpe(const ClipBpeConfig& config) {
  text::ClipVocabulary vocabulary = text::read_clip_vocabulary(config);
  const auto size = static_cast<int64_t>(vocabulary.pieces.size());
  if (config.size != 0 && config.size != size) {
    throw ConfigError(fmt::format("`size` must be {}, the number of tokens in {}, but is {} "
                                  "instead.",
                                  size, config.vocab, config.size),
                      "set `size` to the vocabulary's, or name the vocabulary it was meant for");
  }
  return std::make_unique<text::ClipBpe>(std::move(vocabulary), config);
}

}  // namespace tpretrain
