#include "tpretrain/data/sentencepiece.h"

#include <fmt/core.h>
#include <sentencepiece_processor.h>

#include "data/text/text_clean.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain {

namespace text {

namespace {

constexpr uint64_t kModelBytes = uint64_t{64} << 20;
constexpr const char* kWordStart = "\xE2\x96\x81";  // U+2581, a blank in front of a word

class SentencePiece final : public Tokenizer {
 public:
  explicit SentencePiece(const SentencePieceConfig& config)
      : source_(config.model), clean_(config.clean) {
    if (!FileSystem::posix().exists(config.model)) {
      throw NotFoundError(fmt::format("SentencePiece model {} does not exist", config.model));
    }
    const std::string bytes = FileSystem::posix().read_all(config.model, kModelBytes);
    const auto status = processor_.LoadFromSerializedProto(bytes);
    if (bytes.empty() || !status.ok() || processor_.GetPieceSize() < 1) {
      throw DataError(
          fmt::format("{} is no SentencePiece model: {}", config.model,
                      bytes.empty() ? "the file is empty" : escape_control(status.ToString())),
          "the file is the .model that spm_train wrote, not its .vocab");
    }
    find_special();
    Xxh3 hash;
    hash.update(bytes.data(), bytes.size());
    const std::string options = "sentencepiece 1 " + std::to_string(static_cast<int>(clean_));
    hash.update(options.data(), options.size());
    hash_ = hash.hex();
  }

  void encode(std::string_view text, std::vector<int32_t>& ids) const override {
    std::vector<int> pieces;
    const auto status = processor_.Encode(clean_text(text, clean_), &pieces);
    if (!status.ok()) {
      throw DataError(
          fmt::format("{} cannot encode a text: {}", source_, escape_control(status.ToString())));
    }
    ids.insert(ids.end(), pieces.begin(), pieces.end());
  }

  std::string decode(std::span<const int32_t> ids) const override {
    std::string text;
    for (const int32_t id : ids) {
      TP_ASSERT(id >= 0 && id < size());
    }
    const auto status = processor_.Decode(std::vector<int>(ids.begin(), ids.end()), &text);
    if (!status.ok()) {
      throw DataError(
          fmt::format("{} cannot decode ids: {}", source_, escape_control(status.ToString())));
    }
    return text;
  }

  int64_t size() const override { return processor_.GetPieceSize(); }

  std::string piece(int32_t id) const override {
    TP_ASSERT(id >= 0 && id < size());
    return processor_.IdToPiece(id);
  }

  bool continues_word(int32_t id) const override {
    return !piece(id).starts_with(kWordStart) && !processor_.IsControl(id) &&
           !processor_.IsUnknown(id);
  }

  const SpecialIds& special() const override { return special_; }

  std::string hash() const override { return hash_; }

  std::string source() const override { return source_; }

 private:
  void find_special() {
    const auto declared = [](int id) { return id < 0 ? std::nullopt : std::optional<int32_t>(id); };
    special_.unk = declared(processor_.unk_id());
    special_.bos = declared(processor_.bos_id());
    special_.eos = declared(processor_.eos_id());
    special_.pad = declared(processor_.pad_id());
    const auto named = [this](const char* name) -> std::optional<int32_t> {
      const int id = processor_.PieceToId(name);
      return processor_.IsUnknown(id) ? std::nullopt : std::optional<int32_t>(id);
    };
    special_.cls = named("[CLS]");
    special_.sep = named("[SEP]");
    special_.mask = named("[MASK]");
  }

  std::string source_;
  std::string hash_;
  TextClean clean_;
  sentencepiece::SentencePieceProcessor processor_;
  SpecialIds special_;
};

}  // namespace

}  // namespace text

void SentencePieceConfig::describe(ConfigVisitor& v) {
  v.path("model", model, "Model file of spm_train.");
  v.require("model");
  v.field("size", size, "Expected number of pieces; 0 accepts any.", {.min = 0, .max = 1 << 30});
  describe_clean(v, clean);
}

std::unique_ptr<Tokenizer> load_sentencepiece(const SentencePieceConfig& config) {
  auto tokenizer = std::make_unique<text::SentencePiece>(config);
  if (config.size != 0 && config.size != tokenizer->size()) {
    throw ConfigError(
        fmt::format("`size` must be {}, the number of pieces in {}, but is {} instead.",
                    tokenizer->size(), config.model, config.size),
        "set `size` to the model's, or name the model it was meant for");
  }
  return tokenizer;
}

}  // namespace tpretrain
