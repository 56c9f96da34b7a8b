#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <sstream>

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/utf8.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"

namespace tpretrain {
namespace {

// yaml-cpp cannot read back a key of more than 1024 characters; escapes take up to four each.
constexpr size_t kLongestKey = 250;

[[noreturn]] void fail(const Mark& mark, const std::string& message) {
  throw ConfigError(mark.text() + ": " + message);
}

/// Builds the tree from the parser's events, so that nothing is kept that was not checked.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string source, const YamlLimits& limits)
      : source_(std::move(source)), limits_(limits) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ != 0) {
      fail(place(mark), "only one YAML document is allowed here");
    }
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    if (awaits_key()) {
      fail(place(mark), "a key is missing or null");
    }
    Node node;
    node.set_mark(place(mark));
    attach(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(place(mark), "aliases (*name) are not allowed; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    const bool quoted = tag == "!";
    if (awaits_key()) {
      start_entry(place(mark), value, quoted);
    } else {
      attach(Node::scalar(value, place(mark), quoted));
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::list({}, place(mark)));
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::map({}, place(mark)));
  }

  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    std::set<std::string> keys;
    std::string key;
    Mark key_mark;
    bool has_key = false;
  };

  Mark place(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1}; }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node.is_map() && !open_.back().has_key;
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) {
      fail(place(mark), "anchors (&name) are not allowed; write the value out");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      fail(place(mark), fmt::format("tags are not allowed, but here is '{}'", escape_control(tag)));
    }
    if (++nodes_ > limits_.nodes) {
      fail(place(mark), fmt::format("more than {} values", limits_.nodes));
    }
  }

  void start_entry(const Mark& mark, const std::string& key, bool quoted) {
    if (key == "<<" && !quoted) {
      fail(mark, "merge keys (<<) are not allowed; use `extends:`");
    }
    if (key.size() > kLongestKey) {
      fail(mark, fmt::format("a key is longer than {} bytes", kLongestKey));
    }
    Frame& frame = open_.back();
    if (!frame.keys.insert(key).second) {
      fail(mark, fmt::format("the key '{}' stands here twice (first at line {})",
                             escape_control(key), frame.node.find(key)->mark().line));
    }
    frame.key = key;
    frame.key_mark = mark;
    frame.has_key = true;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node node) {
    check(mark, tag, anchor);
    if (awaits_key()) {
      fail(place(mark), "a key must be a plain name, not a list or a map");
    }
    if (static_cast<int>(open_.size()) >= limits_.depth) {
      fail(place(mark), fmt::format("nested deeper than {} levels", limits_.depth));
    }
    open_.push_back({std::move(node), {}, {}, {}, false});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::move(node));
  }

  void attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.is_list()) {
      frame.node.items().push_back(std::move(node));
      return;
    }
    // Faults point at the key, which is what the reader looks for.
    node.set_mark(std::move(frame.key_mark));
    frame.node.entries().emplace_back(std::move(frame.key), std::move(node));
    frame.has_key = false;
  }

  std::string source_;
  YamlLimits limits_;
  std::vector<Frame> open_;
  Node root_;
  int nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp hangs or stops silently at some control characters, so none reaches it.
void check_characters(std::string_view text, const std::string& source) {
  Mark mark{source, 1, 1};
  while (!text.empty()) {
    const size_t size = utf8_sequence(text);
    if (size == 0) {
      fail(mark,
           fmt::format("not valid UTF-8 (byte 0x{:02x})", static_cast<unsigned char>(text[0])));
    }
    if (text[0] == '\n') {
      ++mark.line;
      mark.column = 0;
    } else if (text[0] != '\t' && text[0] != '\r' && starts_with_control(text)) {
      fail(mark, fmt::format("a control character ({}) is not allowed",
                             escape_control(text.substr(0, size))));
    }
    ++mark.column;
    text.remove_prefix(size);
  }
}

// yaml-cpp takes an open quote for closed when the text ends in a blank line. A comment line after
// it changes nothing else (but for one more line break in a `|+` text that ends in blanks).
const char* end_guard(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r");
  if (last == std::string_view::npos || text[last] != '\n') {
    return "";
  }
  return last + 1 == text.size() ? "#" : "\n#";
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Node parse_yaml(std::string_view text, const std::string& source, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    throw ConfigError(fmt::format("{}: larger than {}", source, human_bytes(limits.bytes)));
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  check_characters(text, source);
  TreeBuilder builder(source, limits);
  try {
    std::istringstream stream{std::string(text) + end_guard(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    fail({source, error.mark.line + 1, error.mark.column + 1},
         "not valid YAML: " + escape_control(error.msg));
  }
  Node root = builder.take();
  return root.is_null() ? Node::map({}, {source, 1, 1}) : root;
}

Node read_yaml(const std::filesystem::path& path, const YamlLimits& limits) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    const std::string reason = std::strerror(errno);
    if (errno == ENOENT || errno == ENOTDIR) {
      throw NotFoundError(fmt::format("{}: no such file", path.string()));
    }
    throw IoError(fmt::format("{}: cannot be opened: {}", path.string(), reason));
  }
  std::string text(limits.bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    throw IoError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  }
  return parse_yaml(text, path.string(), limits);
}

}  // namespace tpretrain
