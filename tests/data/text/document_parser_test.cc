#include "data/text/document_parser.h"

#include <gtest/gtest.h>

#include "tests/base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain::text {
namespace {

using namespace std::string_literals;
using Documents = std::vector<std::vector<std::string>>;

constexpr const char* kR = "\xEF\xBF\xBD";

class Collector final : public SentenceSink {
 public:
  void sentence(std::string_view text) override { open_.emplace_back(text); }

  void end_document() override {
    if (!open_.empty()) {
      documents.push_back(std::move(open_));
    }
    open_.clear();
  }

  Documents documents;

 private:
  std::vector<std::string> open_;
};

class DocumentParserTest : public ::testing::Test {
 protected:
  Documents parse(const std::string& text) {
    options_.files = {folder_.write("corpus.txt", text).string()};
    counts_ = {};
    Collector collector;
    ChunkReader reader(options_);
    while (const auto chunk = reader.next()) {
      parse_chunk(*chunk, options_, collector, counts_);
    }
    return collector.documents;
  }

  std::string refusal(const std::string& text) {
    try {
      parse(text);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }

  int64_t dropped(DropReason reason) const { return counts_.drop(reason).count; }

  TemporaryFolder folder_;
  CorpusOptions options_;
  CorpusCounts counts_;
};

struct Case {
  const char* name;
  std::string text;
  Documents documents;
};

TEST_F(DocumentParserTest, SentencesWithOddBytes) {
  const Case cases[] = {
      {"empty", "", {}},
      {"blank lines only", "\n\r\n \t\n\n", {}},
      {"one", "a b", {{"a b"}}},
      {"two documents", "a\nb\n\nc\n", {{"a", "b"}, {"c"}}},
      {"no blank line", "a\nb\nc", {{"a", "b", "c"}}},
      {"many blank lines", "\n\na\n\n\n\nb\n\n", {{"a"}, {"b"}}},
      {"crlf", "a\r\nb\r\n\r\nc\r\n", {{"a", "b"}, {"c"}}},
      {"crlf without end", "a\r\n\r\nc\r", {{"a"}, {"c"}}},
      {"lone cr is data", "a\rb\nc", {{"a\rb", "c"}}},
      {"cr cr lf", "a\r\r\n", {{"a"}}},
      {"spaces around", "  a  \n\t\nb\t", {{"a"}, {"b"}}},
      {"form feed line is blank", "a\n\f\nb", {{"a"}, {"b"}}},
      {"vertical tab line is blank", "a\n\v\nb", {{"a"}, {"b"}}},
      {"nul inside", "a\0b\n"s, {{"a\0b"s}}},
      {"nul alone is no blank line", "a\n\0\nb"s, {{"a", "\0"s, "b"}}},
      {"nul at both ends", "\0a\0"s, {{"\0a\0"s}}},
      {"bom",
       "\xEF\xBB\xBF"
       "a\n",
       {{"a"}}},
      {"bom alone", "\xEF\xBB\xBF", {}},
      {"bom and blank line", "\xEF\xBB\xBF\na\n", {{"a"}}},
      {"second bom is data",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "a",
       {{"\xEF\xBB\xBF"
         "a"}}},
      {"bom in the middle is data",
       "a\n\xEF\xBB\xBF"
       "b",
       {{"a",
         "\xEF\xBB\xBF"
         "b"}}},
      {"bom before crlf",
       "\xEF\xBB\xBF"
       "a\r\nb",
       {{"a", "b"}}},
      {"half a bom",
       "\xEF\xBB"
       "a",
       {{kR + "a"s}}},
      {"utf-16 bom",
       "\xFF\xFE"
       "a",
       {{kR + ""s + kR + "a"}}},
      {"line separator is data", "a\u2028b\n", {{"a\u2028b"}}},
      {"paragraph separator is data", "a\u2029b\n", {{"a\u2029b"}}},
      {"next line is data", "a\u0085b\n", {{"a\u0085b"}}},
      {"ideographic space is data", "\u3000a\n", {{"\u3000a"}}},
      {"no-break space is no blank line", "a\n\u00a0\nb", {{"a", "\u00a0", "b"}}},
      {"escape", "\x1B[31ma\n", {{"\x1B[31ma"}}},
      {"delete",
       "\x7F"
       "a\n",
       {{"\x7F"
         "a"}}},
      {"astral", "\U0001F600\n", {{"\U0001F600"}}},
      {"noncharacter", "\uFFFF\n", {{"\uFFFF"}}},
      {"overlong", "\xC0\xAF\n", {{kR + ""s + kR}}},
      {"surrogate", "\xED\xA0\x80\n", {{kR + ""s + kR + kR}}},
      {"beyond unicode", "\xF4\x90\x80\x80\n", {{kR + ""s + kR + kR + kR}}},
      {"cut by the line end", "\xE4\xB8\nx", {{kR, "x"}}},
      {"cut by the file end", "\xF0\x9F\x98", {{kR}}},
      {"continuation alone",
       "\x80"
       "a",
       {{kR + "a"s}}},
      {"latin-1", "caf\xE9\n", {{"caf"s + kR}}},
  };
  EXPECT_EQ(std::size(cases), 40U);
  for (const Case& entry : cases) {
    for (const int64_t chunk : {1, 1 << 20}) {
      options_.chunk = chunk;
      EXPECT_EQ(parse(entry.text), entry.documents) << entry.name << ", chunk " << chunk;
    }
  }
}

TEST_F(DocumentParserTest, IllFormedUtf8IsCountedDroppedOrRefused) {
  const std::string text = "good\nbad \xC0\xAF here\nfine\n";
  EXPECT_EQ(parse(text)[0][1], "bad "s + kR + kR + " here");
  EXPECT_EQ(dropped(DropReason::kInvalidUtf8), 2);
  EXPECT_EQ(counts_.drop(DropReason::kInvalidUtf8).places[0].offset, 5);
  options_.invalid_utf8 = InvalidUtf8::kDrop;
  EXPECT_EQ(parse(text), (Documents{{"good", "fine"}}));
  EXPECT_EQ(dropped(DropReason::kInvalidUtf8), 1);
  options_.invalid_utf8 = InvalidUtf8::kError;
  EXPECT_NE(refusal(text).find("line at byte 5: the text is not UTF-8"), std::string::npos);
}

TEST_F(DocumentParserTest, SequencesAcrossReadsStayWhole) {
  // 4 KiB is the smallest read: the text puts every split of a sequence on the seam.
  for (size_t shift = 0; shift < 8; ++shift) {
    std::string text(4090 + shift, 'a');
    text += "\u4e2d\U0001F600\n";
    options_.chunk = 1;
    EXPECT_EQ(parse(text)[0][0] + "\n", text);
    EXPECT_EQ(dropped(DropReason::kInvalidUtf8), 0);
  }
}

TEST_F(DocumentParserTest, PlainTextJoinsLinesOfAParagraph) {
  options_.format = TextFormat::kPlain;
  const std::string text = "It rained\nall day. We\nstayed.\n\nNext one.\n";
  EXPECT_EQ(parse(text), (Documents{{"It rained all day.", "We stayed."}, {"Next one."}}));
  options_.blank_line = BlankLine::kParagraph;
  EXPECT_EQ(parse(text), (Documents{{"It rained all day.", "We stayed.", "Next one."}}));
  options_.line_ends_sentence = true;
  EXPECT_EQ(parse("a title\nIt rained. We left.\n"),
            (Documents{{"a title", "It rained.", "We left."}}));
}

TEST_F(DocumentParserTest, EveryJsonLineIsADocument) {
  options_.format = TextFormat::kJsonl;
  options_.key = "body";
  const std::string text =
      "{\"body\": \"One. Two.\\nthree\\n\\nfour\"}\n\n{\"id\": 7, \"body\": "
      "\"\u4e2d\u3002\u6587\"}\n";
  EXPECT_EQ(parse(text),
            (Documents{{"One.", "Two.", "three", "four"}, {"\u4e2d\u3002", "\u6587"}}));
  options_.line_ends_sentence = false;
  EXPECT_EQ(parse(text)[0], (std::vector<std::string>{"One.", "Two. three", "four"}));
}

TEST_F(DocumentParserTest, LaterBadJsonLinesAreCountedAndNamed) {
  options_.format = TextFormat::kJsonl;
  const std::string text = "{\"text\": \"A.\"}\nnot json\n{\"body\": \"x\"}\n{\"text\": \"B.\"}\n";
  EXPECT_EQ(parse(text), (Documents{{"A."}, {"B."}}));
  EXPECT_EQ(dropped(DropReason::kBadJson), 1);
  EXPECT_EQ(dropped(DropReason::kMissingKey), 1);
  EXPECT_EQ(counts_.drop(DropReason::kMissingKey).places[0].offset, 24);
  options_.bad_json = BadText::kError;
  EXPECT_NE(refusal(text).find("line at byte 15: this is no JSON object"), std::string::npos);
}

TEST_F(DocumentParserTest, TheWrongFormIsRefusedAtTheFirstLine) {
  const std::string json = "\n{\"content\": \"A.\", \"id\": 1}\n";
  EXPECT_NE(refusal(json).find("looks like JSON lines (keys: content, id)"), std::string::npos);
  options_.format = TextFormat::kPlain;
  EXPECT_NE(refusal(json).find("looks like JSON lines"), std::string::npos);
  EXPECT_EQ(refusal("{braces} are text\n"), "accepted");
  options_.format = TextFormat::kJsonl;
  EXPECT_NE(refusal("A sentence.\n").find("this is no JSON object"), std::string::npos);
  options_.key = "contents";
  EXPECT_NE(refusal(json).find("no string under the key 'contents'; did you mean 'content'?"),
            std::string::npos);
}

}  // namespace
}  // namespace tpretrain::text
