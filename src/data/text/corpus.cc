#include "tpretrain/data/corpus.h"

#include <algorithm>

#include <fmt/core.h>
#include <unistd.h>

#include "data/wildcards.h"
#include "tpretrain/base/error.h"

namespace tpretrain {

void CorpusOptions::describe(ConfigVisitor& v) {
  v.choice("format", format,
           "sentences: a sentence a line, a blank line between documents; plain: running text; "
           "jsonl: a JSON object a line.",
           {"sentences", "plain", "jsonl"});
  v.field("key", key, "jsonl: key of the text.");
  v.choice("blank_line", blank_line, "plain: what a blank line ends.", {"document", "paragraph"});
  v.field("line_ends_sentence", line_ends_sentence,
          "plain, jsonl: whether a line break ends a sentence; by default in jsonl only.");
  v.choice("invalid_utf8", invalid_utf8,
           "replace: U+FFFD for each ill-formed part; drop: leave the line out; error: stop.",
           {"replace", "drop", "error"});
  v.choice("long_line", long_line, "What happens to lines above max_line.", {"drop", "error"});
  v.choice("bad_json", bad_json, "jsonl: what happens to lines without a text.", {"drop", "error"});
  v.field("max_line", max_line, "Bytes of the longest line that is read.",
          {.min = 1, .max = 1 << 30});
  v.field("chunk", chunk, "Bytes of text that a thread works on at a time.",
          {.min = 1, .max = 1 << 30});
}

const char* drop_reason_name(DropReason reason) {
  switch (reason) {
    case DropReason::kInvalidUtf8:
      return "invalid_utf8";
    case DropReason::kLongLine:
      return "long_line";
    case DropReason::kBadJson:
      return "bad_json";
    case DropReason::kMissingKey:
      return "missing_key";
    case DropReason::kEmptySentence:
      return "empty_sentence";
  }
  return "unknown";
}

void DropCount::add(const Place& place, int64_t n) {
  count += n;
  if (places.size() < kPlaces) {
    places.push_back(place);
  }
}

void DropCount::merge(const DropCount& other) {
  count += other.count;
  const size_t room = kPlaces - std::min(kPlaces, places.size());
  const size_t taken = std::min(room, other.places.size());
  places.insert(places.end(), other.places.begin(),
                other.places.begin() + static_cast<ptrdiff_t>(taken));
}

void CorpusCounts::merge(const CorpusCounts& other) {
  bytes += other.bytes;
  documents += other.documents;
  sentences += other.sentences;
  for (size_t i = 0; i < dropped.size(); ++i) {
    dropped[i].merge(other.dropped[i]);
  }
}

namespace {

constexpr const char* kWanted = "name text files, .gz and .zst among them, or - for standard input";

void add_matches(const std::string& pattern, std::vector<std::string>& files) {
  const std::vector<std::string> names = data::matching_names(pattern);
  if (names.empty()) {
    throw NotFoundError(fmt::format("no file matches {}", pattern), kWanted);
  }
  files.insert(files.end(), names.begin(), names.end());
}

void check_readable(const std::string& file) {
  if (std::filesystem::is_directory(file)) {
    throw NotFoundError(fmt::format("{} is a directory, not a text file", file),
                        fmt::format("name the files in it: {}/*.txt", file));
  }
  if (::access(file.c_str(), R_OK) != 0) {
    throw NotFoundError(std::filesystem::exists(file) ? fmt::format("{}: permission denied", file)
                                                      : fmt::format("{}: no such file", file),
                        kWanted);
  }
}

}  // namespace

std::vector<std::string> expand_corpus_files(const std::vector<std::string>& patterns) {
  std::vector<std::string> files;
  for (const std::string& pattern : patterns) {
    const bool literal =
        pattern == "-" || std::filesystem::exists(pattern) || !data::has_wildcard(pattern);
    if (literal) {
      files.push_back(pattern);
    } else {
      add_matches(pattern, files);
    }
  }
  for (const std::string& file : files) {
    if (file != "-") {
      check_readable(file);
    }
  }
  if (files.empty()) {
    throw NotFoundError("no text file is named", kWanted);
  }
  return files;
}

}  // namespace tpretrain
