/// How text files are read: the forms a corpus comes in and what happens to bad text. Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/base/config.h"

namespace tpretrain {

enum class TextFormat {
  kSentences,  ///< a sentence a line, a blank line between documents
  kPlain,      ///< running text, split into sentences by rule
  kJsonl,      ///< a JSON object a line; the text under `key` is a document, split by rule
};

enum class InvalidUtf8 {
  kReplace,  ///< each maximal ill-formed part becomes U+FFFD (WHATWG)
  kDrop,     ///< the line is dropped
  kError,
};

enum class BadText { kDrop, kError };

/// Plain text: what a blank line ends. A file always ends a document.
enum class BlankLine { kDocument, kParagraph };

struct CorpusOptions {
  std::vector<std::string> files;  ///< "-" is standard input; .gz and .zst are read as they are
  TextFormat format = TextFormat::kSentences;
  std::string key = "text";                     ///< jsonl
  BlankLine blank_line = BlankLine::kDocument;  ///< plain
  std::optional<bool> line_ends_sentence;       ///< default: jsonl yes, plain no
  InvalidUtf8 invalid_utf8 = InvalidUtf8::kReplace;
  BadText long_line = BadText::kDrop;
  BadText bad_json = BadText::kDrop;     ///< also lines without the key
  int64_t max_line = int64_t{16} << 20;  ///< bytes
  int64_t chunk = int64_t{1} << 20;      ///< bytes of text a thread works on at a time

  /// The keys of a recipe: all but `files`.
  void describe(ConfigVisitor& v);
};

/// What was left out or mended.
enum class DropReason {
  kInvalidUtf8,    ///< ill-formed sequences replaced, or lines dropped for them
  kLongLine,       ///< lines above max_line
  kBadJson,        ///< lines that are no JSON object
  kMissingKey,     ///< objects without a string under the key
  kEmptySentence,  ///< sentences without a token; the place is that of their chunk
};
inline constexpr int kDropReasons = 5;
const char* drop_reason_name(DropReason reason);  ///< "invalid_utf8", ...

/// The first places are kept, for the report: "file:offset".
struct DropCount {
  static constexpr size_t kPlaces = 10;

  struct Place {
    int64_t file = 0;
    int64_t offset = 0;  ///< in the text, decompressed
  };

  int64_t count = 0;
  std::vector<Place> places;

  void add(const Place& place, int64_t n = 1);
  void merge(const DropCount& other);
};

struct CorpusCounts {
  int64_t bytes = 0;  ///< text read, decompressed
  int64_t documents = 0;
  int64_t sentences = 0;
  std::array<DropCount, kDropReasons> dropped;

  DropCount& drop(DropReason reason) { return dropped[static_cast<size_t>(reason)]; }

  const DropCount& drop(DropReason reason) const { return dropped[static_cast<size_t>(reason)]; }

  void merge(const CorpusCounts& other);
};

struct CorpusProgress {
  int64_t bytes_done = 0;   ///< of the files as stored
  int64_t bytes_total = 0;  ///< 0: not known (standard input)
  double bytes_per_second = 0;
  double seconds = 0;
};

/// Called from the calling thread, at most a few times a second and once at the end.
using CorpusProgressFn = std::function<void(const CorpusProgress&)>;

/// Expands wildcards and checks that each file can be read; directories are refused.
/// Errors: NotFoundError.
std::vector<std::string> expand_corpus_files(const std::vector<std::string>& patterns);

}  // namespace tpretrain
