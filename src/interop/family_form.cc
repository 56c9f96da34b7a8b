#include "interop/family_form.h"

#include <fmt/core.h>

#include "tpretrain/base/error.h"

namespace tpretrain {
namespace {

/// What an encoder of a family is like in every library.
struct EncoderForm {
  std::string_view family;
  std::string_view tower;  ///< before "encoder" in the name of the part
  bool pre_norm;
  bool causal;
  bool norm_input;
  std::string_view pool;
  std::string_view dense;  ///< of the pool `cls`
};

constexpr EncoderForm kForms[] = {{"bert", "", false, false, false, "cls", "tanh"},
                                  {"clip", "image.", true, false, true, "cls", "none"},
                                  {"clip", "text.", true, true, false, "last", ""},
                                  {"siglip", "image.", true, false, false, "attention", ""},
                                  {"siglip", "text.", true, false, false, "last", ""},
                                  {"vit", "", true, false, false, "cls", "none"},
                                  {"vit", "image.", true, false, false, "cls", "none"}};

std::string text_of(bool value) {
  return value ? "true" : "false";
}

std::string order_of(bool pre_norm) {
  return pre_norm ? "pre" : "post";
}

std::string text_at(const Choice& choice, const std::string& key) {
  const Node* value = choice.config.find(key);
  return value == nullptr ? "" : value->text();
}

class FormCheck {
 public:
  FormCheck(std::string_view family, std::string_view library)
      : model_(fmt::format("a {} model of {}", family, library)) {}

  void encoder(const EncoderForm& form, const EncoderFacts& fact) const {
    const std::string tower(form.tower);
    expect(tower + "encoder.order", order_of(fact.pre_norm), order_of(form.pre_norm));
    expect(tower + "encoder.causal", text_of(fact.causal), text_of(form.causal));
    expect(tower + "encoder.norm_input", text_of(fact.norm_input), text_of(form.norm_input));
    if (fact.pool || form.family != "bert") {  // BERT reads masked tokens without its pool
      pool(tower + "pool", form, fact);
    }
    if (fact.mlm) {
      expect("target.mlm.transform", text_at(fact.mlm, "transform"), "true");
      expect("target.mlm.activation", text_at(fact.mlm, "activation"), fact.activation);
    }
  }

  /// The config of open_clip has one activation, which is GELU or its quick form, for both towers.
  void open_clip(const EncoderFacts& image, const EncoderFacts& text) const {
    if (image.activation != "gelu") {
      expect("image.encoder.activation", image.activation, "quick_gelu", "gelu or quick_gelu");
    }
    expect("text.encoder.activation", text.activation, image.activation);
  }

 private:
  void pool(const std::string& key, const EncoderForm& form, const EncoderFacts& fact) const {
    expect(key, fact.pool ? fact.pool.name : "none", std::string(form.pool));
    if (form.pool == "cls") {
      expect(key + ".dense", text_at(fact.pool, "dense"), std::string(form.dense));
    } else if (form.pool == "attention") {
      expect(key + ".heads", text_at(fact.pool, "heads"), std::to_string(fact.heads));
      expect(key + ".activation", text_at(fact.pool, "activation"), fact.activation);
    }
  }

  /// `allowed` is what the message says instead of `must`.
  void expect(const std::string& key, const std::string& is, const std::string& must,
              const std::string& allowed = "") const {
    if (is != must) {
      throw ConfigError(fmt::format("`{}` must be {} in {}, but is {} instead.", key,
                                    allowed.empty() ? must : allowed, model_, is),
                        "the other library would compute something else with these parameters");
    }
  }

  std::string model_;
};

}  // namespace

void check_form(std::string_view family, std::string_view library,
                const std::map<std::string, EncoderFacts>& facts) {
  const FormCheck check(family, library);
  for (const EncoderForm& form : kForms) {
    const auto found = facts.find(std::string(form.tower) + "encoder");
    if (form.family == family && found != facts.end()) {
      check.encoder(form, found->second);
    }
  }
  const auto image = facts.find("image.encoder");
  const auto text = facts.find("text.encoder");
  if (library == "open_clip" && family == "clip" && image != facts.end() && text != facts.end()) {
    check.open_clip(image->second, text->second);
  }
}

}  // namespace tpretrain
