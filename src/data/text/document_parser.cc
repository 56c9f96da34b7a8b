#include "data/text/document_parser.h"

#include <fmt/core.h>

#include "data/text/json_text.h"
#include "data/text/sentence_split.h"
#include "data/text/utf8.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain::text {

namespace {

class Parser {
 public:
  Parser(const Chunk& chunk, const CorpusOptions& options, SentenceSink& sink, CorpusCounts& counts)
      : chunk_(chunk), options_(options), sink_(sink), counts_(counts) {}

  void parse() {
    bool first = chunk_.starts_file;
    size_t at = 0;
    while (at < chunk_.text.size()) {
      const size_t newline = chunk_.text.find('\n', at);
      const size_t end = newline == std::string::npos ? chunk_.text.size() : newline;
      offset_ = chunk_.offset + static_cast<int64_t>(at);
      const std::string_view line = trim(std::string_view(chunk_.text).substr(at, end - at));
      if (first && !line.empty()) {
        check_form(line);
        first = false;
      }
      parse_mended(line);
      at = end + 1;
    }
    end_paragraph();
    if (chunk_.ends_file) {
      sink_.end_document();
    }
  }

 private:
  bool line_ends_sentence() const {
    return options_.line_ends_sentence.value_or(options_.format == TextFormat::kJsonl);
  }

  std::string place() const {
    return fmt::format("{}: line at byte {}", options_.files[static_cast<size_t>(chunk_.file)],
                       offset_);
  }

  void drop(DropReason reason, int64_t count = 1) {
    counts_.drop(reason).add({chunk_.file, offset_}, count);
  }

  void parse_mended(std::string_view line) {
    if (valid_prefix(line) == line.size()) {
      parse_line(line);
      return;
    }
    switch (options_.invalid_utf8) {
      case InvalidUtf8::kError:
        throw DataError(fmt::format("{}: the text is not UTF-8", place()),
                        "convert the file, or set `invalid_utf8` to replace or drop");
      case InvalidUtf8::kDrop:
        drop(DropReason::kInvalidUtf8);
        return;
      case InvalidUtf8::kReplace:
        break;
    }
    int64_t replaced = 0;
    const std::string mended = mend_utf8(line, replaced);
    drop(DropReason::kInvalidUtf8, replaced);
    parse_line(mended);
  }

  void parse_line(std::string_view line) {
    if (options_.format == TextFormat::kJsonl) {
      parse_json(line);
    } else if (line.empty()) {
      end_paragraph();
      if (options_.format == TextFormat::kSentences ||
          options_.blank_line == BlankLine::kDocument) {
        sink_.end_document();
      }
    } else if (options_.format == TextFormat::kSentences) {
      sink_.sentence(line);
    } else {
      add_to_paragraph(line);
    }
  }

  void parse_json(std::string_view line) {
    if (line.empty()) {
      return;
    }
    const JsonText json = read_json_text(line, options_.key);
    if (json.status != JsonText::Status::kText) {
      const bool object = json.status == JsonText::Status::kNoKey;
      if (options_.bad_json == BadText::kError) {
        refuse_json(json);
      }
      drop(object ? DropReason::kMissingKey : DropReason::kBadJson);
      return;
    }
    for (const std::string& part : split(json.text, '\n')) {
      const std::string_view text = trim(part);
      text.empty() ? end_paragraph() : add_to_paragraph(text);
    }
    end_paragraph();
    sink_.end_document();
  }

  void add_to_paragraph(std::string_view line) {
    if (!paragraph_.empty()) {
      paragraph_.push_back(' ');
    }
    paragraph_.append(line);
    if (line_ends_sentence()) {
      end_paragraph();
    }
  }

  void end_paragraph() {
    split_sentences(paragraph_, [this](std::string_view sentence) { sink_.sentence(sentence); });
    paragraph_.clear();
  }

  [[noreturn]] void refuse_json(const JsonText& json) const {
    if (json.status == JsonText::Status::kNoObject) {
      throw DataError(fmt::format("{}: this is no JSON object", place()),
                      "`format: jsonl` wants one object a line; `sentences` and `plain` read text");
    }
    throw DataError(fmt::format("{}: the object has no string under the key '{}'{}", place(),
                                options_.key, suggestion(options_.key, json.keys)),
                    "name the key of the text with `key`");
  }

  /// The first line of a file shows whether the recipe names the right form.
  void check_form(std::string_view line) const {
    int64_t replaced = 0;
    const std::string mended = mend_utf8(line, replaced);
    const JsonText json = read_json_text(mended, options_.key);
    if (options_.format == TextFormat::kJsonl) {
      if (json.status != JsonText::Status::kText) {
        refuse_json(json);
      }
    } else if (json.status != JsonText::Status::kNoObject && !json.keys.empty()) {
      throw DataError(
          fmt::format("{}: this looks like JSON lines (keys: {})", place(), join(json.keys, ", ")),
          "set `format: jsonl` and name the key of the text with `key`");
    }
  }

  const Chunk& chunk_;
  const CorpusOptions& options_;
  SentenceSink& sink_;
  CorpusCounts& counts_;
  int64_t offset_ = 0;
  std::string paragraph_;
};

}  // namespace

void parse_chunk(const Chunk& chunk, const CorpusOptions& options, SentenceSink& sink,
                 CorpusCounts& counts) {
  Parser(chunk, options, sink, counts).parse();
}

}  // namespace tpretrain::text
