#include "interop/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"

namespace tpretrain {
namespace {

constexpr const char* kMetadata = "__metadata__";

/// Accepts exactly {name: {dtype, shape, data_offsets}} and one optional map of strings; any other
/// nesting is refused where it starts, so depth and memory are bounded by construction.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(size_t) override {
    if (state_ == State::kStart) {
      state_ = State::kTop;
    } else if (state_ == State::kTop) {
      state_ = in_metadata_ ? State::kMetadata : State::kEntry;
    } else {
      fail("holds an object where none is allowed");
    }
    return true;
  }

  bool key(string_t& text) override {
    switch (state_) {
      case State::kTop:
        top_key(text);
        break;
      case State::kMetadata:
        if (metadata.count(text) > 0) {
          fail(fmt::format("names metadata '{}' twice", escape_control(text)));
        }
        metadata_key_ = text;
        break;
      default:
        entry_key(text);
    }
    return true;
  }

  bool end_object() override {
    if (state_ == State::kEntry && seen_ != 7) {
      fail(fmt::format("gives tensor '{}' without dtype, shape or data_offsets", current()));
    }
    state_ = state_ == State::kTop ? State::kDone : State::kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (state_ != State::kEntry || field_ == Field::kType) {
      fail("holds an array where none is allowed");
    }
    state_ = State::kArray;
    return true;
  }

  bool end_array() override {
    if (field_ == Field::kOffsets && offsets_ != 2) {
      fail(fmt::format("tensor '{}': data_offsets must have 2 numbers", current()));
    }
    state_ = State::kEntry;
    return true;
  }

  bool string(string_t& text) override {
    if (state_ == State::kMetadata) {
      metadata.emplace(metadata_key_, text);
    } else if (state_ == State::kEntry && field_ == Field::kType) {
      const auto type = tensor_type(text);
      if (!type) {
        fail(fmt::format("tensor '{}' has the unknown dtype '{}'", current(),
                         escape_control(text.substr(0, 32))));
      }
      entries.back().spec.type = *type;
    } else {
      fail("holds a string where none is allowed");
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (state_ != State::kArray) {
      fail("holds a number where none is allowed");
    }
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      fail(fmt::format("tensor '{}' has a number beyond 2^63 - 1", current()));
    }
    field_ == Field::kShape ? add_size(static_cast<int64_t>(value)) : add_offset(value);
    return true;
  }

  bool null() override { return refuse("null"); }

  bool boolean(bool) override { return refuse("a boolean"); }

  bool number_integer(number_integer_t) override { return refuse("a negative number"); }

  bool number_float(number_float_t, const string_t&) override {
    return refuse("a number that is no integer");
  }

  bool binary(binary_t&) override { return refuse("binary data"); }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(fmt::format("is not valid JSON at byte {}", position));
  }

 private:
  enum class State { kStart, kTop, kMetadata, kEntry, kArray, kDone };
  enum class Field { kNone, kType, kShape, kOffsets };

  [[noreturn]] static void fail(const std::string& reason) {
    throw DataError("the header " + reason);
  }

  static bool refuse(const char* what) { fail(fmt::format("holds {}", what)); }

  std::string current() const {
    return entries.empty() ? std::string() : escape_control(entries.back().spec.name);
  }

  void top_key(const std::string& name) {
    in_metadata_ = name == kMetadata;
    if (name.size() > SafetensorsFile::kMaxName) {
      fail(fmt::format("has a name of {} bytes; at most {} are allowed", name.size(),
                       SafetensorsFile::kMaxName));
    }
    if (!names_.insert(name).second) {
      fail(fmt::format("names '{}' twice", escape_control(name)));
    }
    if (in_metadata_) {
      return;
    }
    if (entries.size() == SafetensorsFile::kMaxTensors) {
      fail(fmt::format("has more than {} tensors", SafetensorsFile::kMaxTensors));
    }
    entries.emplace_back().spec.name = name;
    seen_ = 0;
    field_ = Field::kNone;
  }

  void entry_key(const std::string& key) {
    offsets_ = 0;
    if (key == "dtype") {
      field_ = Field::kType;
    } else if (key == "shape") {
      field_ = Field::kShape;
    } else if (key == "data_offsets") {
      field_ = Field::kOffsets;
    } else {
      fail(fmt::format("gives tensor '{}' the unknown key '{}'", current(),
                       escape_control(key.substr(0, 64))));
    }
    const unsigned bit = 1U << (static_cast<unsigned>(field_) - 1);
    if ((seen_ & bit) != 0) {
      fail(fmt::format("gives tensor '{}' the key '{}' twice", current(), key));
    }
    seen_ |= bit;
  }

  void add_size(int64_t size) {
    auto& shape = entries.back().spec.shape;
    if (shape.size() == SafetensorsFile::kMaxRank) {
      fail(fmt::format("tensor '{}' has more than {} dimensions", current(),
                       SafetensorsFile::kMaxRank));
    }
    shape.push_back(size);
  }

  void add_offset(uint64_t offset) {
    if (offsets_ == 2) {
      fail(fmt::format("tensor '{}': data_offsets must have 2 numbers", current()));
    }
    (offsets_ == 0 ? entries.back().begin : entries.back().end) = offset;
    ++offsets_;
  }

  State state_ = State::kStart;
  Field field_ = Field::kNone;
  bool in_metadata_ = false;
  unsigned seen_ = 0;  ///< fields of the current entry, one bit each
  int offsets_ = 0;
  std::string metadata_key_;
  std::set<std::string> names_;
};

/// The data must be one run from 0 to the end of the file, each piece as long as its shape says.
void check_layout(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes) {
  uint64_t expected = 0;
  for (const auto& entry : entries) {
    const std::string name = escape_control(entry.spec.name);
    if (entry.end < entry.begin || entry.end > data_bytes) {
      throw DataError(
          fmt::format("tensor '{}' has the offsets [{}, {}), but the file has {} bytes "
                      "of data",
                      name, entry.begin, entry.end, data_bytes));
    }
    if (entry.begin != expected) {
      throw DataError(fmt::format("tensor '{}' must start at {}, but starts at {} instead", name,
                                  expected, entry.begin));
    }
    const uint64_t bytes = entry.spec.bytes();
    if (bytes != entry.end - entry.begin) {
      throw DataError(fmt::format("tensor '{}' must have {} bytes by its shape, but has {} instead",
                                  name, bytes, entry.end - entry.begin));
    }
    expected = entry.end;
  }
  if (expected != data_bytes) {
    throw DataError(fmt::format("the tensors must fill the {} bytes of data, but end at {} instead",
                                data_bytes, expected));
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes) {
  if (json.empty() || json.front() != '{') {
    throw DataError("the header must start with '{'");
  }
  if (json.find('\0') != std::string_view::npos) {
    throw DataError("the header holds a NUL byte");  // the parser would take it for the end
  }
  HeaderReader reader;
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  std::stable_sort(reader.entries.begin(), reader.entries.end(), [](const auto& a, const auto& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  check_layout(reader.entries, data_bytes);
  return {std::move(reader.entries), std::move(reader.metadata)};
}

void check_safetensors_spec(const SafetensorsSpec& spec) {
  if (spec.name == kMetadata || spec.name.size() > SafetensorsFile::kMaxName) {
    throw DataError(fmt::format("the tensor name '{}' is reserved or longer than {} bytes",
                                escape_control(spec.name), SafetensorsFile::kMaxName));
  }
  if (spec.shape.size() > SafetensorsFile::kMaxRank) {
    throw DataError(fmt::format("tensor '{}' must have at most {} dimensions, but has {} instead",
                                escape_control(spec.name), SafetensorsFile::kMaxRank,
                                spec.shape.size()));
  }
}

std::string format_safetensors_header(const std::vector<SafetensorsSpec>& order,
                                      const std::map<std::string, std::string>& metadata) {
  std::string json;
  try {
    json = fmt::format("{{\"{}\":{}", kMetadata, nlohmann::json(metadata).dump());
    uint64_t offset = 0;
    for (const auto& spec : order) {
      uint64_t end = 0;
      if (__builtin_add_overflow(offset, spec.bytes(), &end)) {
        throw DataError("the size of all tensors overflows");
      }
      json += fmt::format(R"(,{}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})",
                          nlohmann::json(spec.name).dump(), tensor_type_name(spec.type),
                          nlohmann::json(spec.shape).dump(), offset, end);
      offset = end;
    }
  } catch (const nlohmann::json::exception&) {
    throw DataError("names and metadata of tensors must be UTF-8");
  }
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  if (json.size() > SafetensorsFile::kMaxHeader) {
    throw DataError(fmt::format("the header must have at most {} bytes, but has {} instead",
                                SafetensorsFile::kMaxHeader, json.size()));
  }
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>((json.size() >> (8 * i)) & 0xff);
  }
  return bytes + json;
}

}  // namespace tpretrain
