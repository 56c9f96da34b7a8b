#include "data/text/json_text.h"

#include <nlohmann/json.hpp>

#include "tpretrain/base/text.h"

namespace tpretrain::text {

namespace {

constexpr size_t kShownKeys = 20;
constexpr size_t kShownBytes = 64;  ///< of each key

/// Keeps one string of the top object and builds nothing else.
class KeyFinder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  KeyFinder(const std::string& key, JsonText& out) : key_(key), out_(out) {}

  bool null() override { return value(); }

  bool boolean(bool) override { return value(); }

  bool number_integer(number_integer_t) override { return value(); }

  bool number_unsigned(number_unsigned_t) override { return value(); }

  bool number_float(number_float_t, const string_t&) override { return value(); }

  bool binary(binary_t&) override { return value(); }

  bool string(string_t& text) override {
    if (depth_ == 1 && wanted_) {
      out_.text = std::move(text);
      out_.status = JsonText::Status::kText;
    }
    return value();
  }

  bool start_object(size_t) override {
    ++depth_;
    if (depth_ == 1) {
      out_.status = JsonText::Status::kNoKey;
    }
    return depth_ > 0;
  }

  bool end_object() override {
    --depth_;
    return true;
  }

  bool start_array(size_t) override { return depth_++ > 0; }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool key(string_t& name) override {
    wanted_ = depth_ == 1 && name == key_;
    if (depth_ == 1 && out_.keys.size() < kShownKeys) {
      out_.keys.push_back(escape_control(name.substr(0, kShownBytes)));
    }
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  /// A value at the top is no object: stop.
  bool value() const { return depth_ > 0; }

  const std::string& key_;
  JsonText& out_;
  int depth_ = 0;
  bool wanted_ = false;
};

}  // namespace

JsonText read_json_text(std::string_view line, const std::string& key) {
  JsonText result;
  KeyFinder finder(key, result);
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &finder)) {
    result.status = JsonText::Status::kNoObject;
  }
  return result;
}

}  // namespace tpretrain::text
