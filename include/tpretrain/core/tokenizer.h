/// Text to token ids and back. Implementations are immutable after construction: every member is
/// safe to call from many threads at once. Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tpretrain/base/error.h"

namespace tpretrain {

/// Ids of the special tokens a vocabulary has.
struct SpecialIds {
  std::optional<int32_t> cls;
  std::optional<int32_t> sep;
  std::optional<int32_t> mask;
  std::optional<int32_t> pad;
  std::optional<int32_t> unk;
  std::optional<int32_t> bos;
  std::optional<int32_t> eos;
};

/// A tokenizer is built from its config alone.
struct TokenizerContext {};

class Tokenizer {
 public:
  static constexpr const char* kKind = "tokenizer";
  using Context = TokenizerContext;
  virtual ~Tokenizer() = default;

  /// Appends the ids of `text` to `ids`. No special tokens are added around it; those written
  /// verbatim in the text are recognised. Invalid UTF-8 counts as U+FFFD.
  virtual void encode(std::string_view text, std::vector<int32_t>& ids) const = 0;

  /// Text of `ids` for people: pieces joined again, special tokens as they are written.
  virtual std::string decode(std::span<const int32_t> ids) const = 0;

  /// Number of ids: every id is in [0, size).
  virtual int64_t size() const = 0;

  /// The piece as the vocabulary writes it ("##ing"). `id` in [0, size).
  virtual std::string piece(int32_t id) const = 0;

  /// True when the piece continues the word of the piece before it.
  virtual bool continues_word(int32_t id) const = 0;

  virtual const SpecialIds& special() const = 0;

  /// Hash of all that decides the ids (vocabulary and options): equal hashes, equal ids.
  virtual std::string hash() const = 0;

  /// Where the vocabulary came from, for messages.
  virtual std::string source() const = 0;

  /// The id of a special token that the caller cannot do without:
  /// `tokenizer.require(tokenizer.special().mask, "[MASK]")`.
  int32_t require(const std::optional<int32_t>& id, std::string_view name) const {
    if (!id) {
      throw DataError("vocabulary " + source() + " has no " + std::string(name) + " token",
                      "add the line " + std::string(name) + " to the vocabulary");
    }
    return *id;
  }
};

}  // namespace tpretrain
