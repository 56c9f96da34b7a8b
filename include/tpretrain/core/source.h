/// Where samples come from. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpretrain/core/image.h"

namespace tpretrain {

/// What sources and tokenizers may ask while a recipe is opened.
struct SourceContext {
  int64_t vocabulary = 0;      ///< entries of the recipe's tokenizer; 0: none
  std::string tokenizer_hash;  ///< "" when there is no tokenizer
};

class Source {
 public:
  static constexpr const char* kKind = "source";
  using Context = SourceContext;
  virtual ~Source() = default;
  /// Items of the source (documents, images): for people.
  virtual int64_t items() const = 0;
  /// Identity of the content, for the manifest of a checkpoint.
  virtual std::string hash() const = 0;
  /// Folder and stem beside which small sidecars may be kept: "corpus/train".
  virtual std::string sidecar() const = 0;

  /// Entries that opening found damaged or incomplete and left out, each counted in a warning.
  virtual int64_t left_out() const { return 0; }

  /// In how many pieces the whole content is checked.
  virtual int64_t pieces() const = 0;
  /// Reads a piece whole, however large, and checks all that opening and training take on trust.
  /// Thread-safe. Errors: DataError, IoError.
  virtual void check(int64_t piece) const = 0;
};

/// Tokenised text: documents of sentences of token ids.
class TextSource : public Source {
 public:
  virtual int64_t documents() const = 0;
  /// Sentences [first, first + count) of all sentences belong to the document.
  virtual int64_t first_sentence(int64_t document) const = 0;
  virtual int64_t sentence_count(int64_t document) const = 0;
  virtual int64_t sentence_length(int64_t sentence) const = 0;
  /// Appends the ids of a sentence's tokens [begin, end).
  virtual void read(int64_t sentence, int64_t begin, int64_t end,
                    std::vector<int32_t>& ids) const = 0;
};

/// One item of an ItemSource, as it is stored.
struct Item {
  std::string name;                     ///< for people and for reports: "cats/003"
  std::unique_ptr<EncodedImage> image;  ///< null when the item has none
  std::vector<std::string> captions;    ///< UTF-8, as written
  std::optional<int64_t> label;         ///< class index
};

/// What happens to an item that cannot be used: damaged, incomplete, named twice.
enum class BadItems {
  kSkip,   ///< counted and named; another one takes its place
  kError,  ///< the first one ends the run
};

/// Pictures with captions or classes: tar shards, folders, tables.
class ItemSource : public Source {
 public:
  /// Reads item `index` in [0, items()) and the header of its picture. Thread-safe.
  /// Errors: DataError (damaged picture, missing member), IoError; each names file and item.
  virtual Item read(int64_t index) const = 0;
  /// Captions of the item, known without reading it.
  virtual int64_t caption_count(int64_t index) const = 0;

  /// Names of the classes, by label; empty when the source has none.
  virtual std::vector<std::string> classes() const { return {}; }

  virtual BadItems bad_items() const { return BadItems::kSkip; }

  int64_t pieces() const override { return items(); }

  void check(int64_t piece) const override {
    const Item item = read(piece);
    Image pixels;
    if (item.image) {
      item.image->decode(0, 0, pixels);
    }
  }
};

}  // namespace tpretrain
