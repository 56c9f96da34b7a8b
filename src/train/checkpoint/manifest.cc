#include "train/checkpoint/manifest.h"

#include <limits>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"
#include "train/checkpoint/names.h"

namespace tpretrain {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;
constexpr std::string_view kSealHead = ",\n \"self_xxh3\": \"";
constexpr std::string_view kSealTail = "\"\n}\n";
constexpr size_t kHashLength = 32;

[[noreturn]] void bad(const std::string& reason) {
  throw CheckpointError(fmt::format("{} {}", kManifestName, reason));
}

std::string pack_chunks(const std::vector<uint32_t>& chunks) {
  std::string hex;
  hex.reserve(chunks.size() * 8);
  for (const uint32_t crc : chunks) {
    hex += fmt::format("{:08x}", crc);
  }
  return hex;
}

std::vector<uint32_t> unpack_chunks(const std::string& hex) {
  std::vector<uint32_t> chunks;
  chunks.reserve(hex.size() / 8);
  uint32_t value = 0;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) {
      bad("has a checksum that is not hexadecimal");
    }
    value = value << 4 | static_cast<uint32_t>(digit ? c - '0' : c - 'a' + 10);
    if (i % 8 == 7) {
      chunks.push_back(value);
    }
  }
  return chunks;
}

Json parse_json(std::string_view text) {
  const auto limit_depth = [](int depth, nlohmann::json::parse_event_t, const Json&) {
    if (depth > kMaxDepth) {
      bad(fmt::format("is nested deeper than {}", kMaxDepth));
    }
    return true;
  };
  return Json::parse(text.begin(), text.end(), limit_depth);
}

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    bad(fmt::format("lacks '{}'", key));
  }
  return *found;
}

int64_t integer(const Json& object, const char* key, int64_t limit) {
  const Json& value = member(object, key);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > static_cast<uint64_t>(limit)) {
    bad(fmt::format("must have an integer between 0 and {} as '{}'", limit, key));
  }
  return value.get<int64_t>();
}

int64_t integer(const Json& object, const char* key) {
  return integer(object, key, std::numeric_limits<int64_t>::max());
}

int small_integer(const Json& object, const char* key) {
  return static_cast<int>(integer(object, key, std::numeric_limits<int>::max()));
}

std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string()) {
    bad(fmt::format("must have a string as '{}'", key));
  }
  return value.get<std::string>();
}

CheckpointFile read_file(const Json& entry) {
  CheckpointFile file;
  file.name = text(entry, "name");
  if (!valid_file_name(file.name)) {
    bad(fmt::format("names the file '{}'", escape_control(file.name)));
  }
  file.bytes = static_cast<uint64_t>(integer(entry, "bytes"));
  file.xxh3 = text(entry, "xxh3");
  const std::string chunks = text(entry, "crc32c");
  const uint64_t expected =
      file.bytes / kCheckpointChunk + (file.bytes % kCheckpointChunk != 0 ? 1 : 0);
  if (chunks.size() % 8 != 0 || chunks.size() / 8 != expected) {
    bad(fmt::format("must have {} checksums for '{}'", expected, file.name));
  }
  file.chunks = unpack_chunks(chunks);
  return file;
}

Json file_to_json(const CheckpointFile& file) {
  return {{"name", file.name},
          {"bytes", file.bytes},
          {"xxh3", file.xxh3},
          {"crc32c", pack_chunks(file.chunks)}};
}

Json to_json(const Manifest& manifest) {
  Json json = {{"format", Manifest::kFormat},
               {"step", manifest.step},
               {"samples", manifest.samples},
               {"tokens", manifest.tokens},
               {"updates", manifest.updates},
               {"world", manifest.world},
               {"virtual_shards", manifest.virtual_shards},
               {"recipe_hash", manifest.recipe_hash},
               {"plan_hash", manifest.plan_hash},
               {"build_id", manifest.build_id},
               {"libtorch", manifest.libtorch},
               {"threads", manifest.threads},
               {"blas", manifest.blas}};
  json["previous_step"] = manifest.previous_step ? Json(*manifest.previous_step) : Json(nullptr);
  json["history"] = parse_json(manifest.history);
  json["extra"] = parse_json(manifest.extra);
  json["files"] = Json::array();
  for (const auto& file : manifest.files) {
    json["files"].push_back(file_to_json(file));
  }
  return json;
}

Manifest from_json(const Json& json) {
  if (!json.is_object()) {
    bad("must be an object");
  }
  const int format = small_integer(json, "format");
  if (format != Manifest::kFormat) {
    bad(fmt::format("has format {}; this program reads format {}", format, Manifest::kFormat));
  }
  Manifest manifest;
  manifest.step = integer(json, "step");
  manifest.samples = integer(json, "samples");
  manifest.tokens = integer(json, "tokens");
  manifest.updates = integer(json, "updates");
  manifest.world = small_integer(json, "world");
  manifest.virtual_shards = small_integer(json, "virtual_shards");
  manifest.recipe_hash = text(json, "recipe_hash");
  manifest.plan_hash = text(json, "plan_hash");
  manifest.build_id = text(json, "build_id");
  manifest.libtorch = text(json, "libtorch");
  manifest.threads = small_integer(json, "threads");
  manifest.blas = text(json, "blas");
  if (!member(json, "previous_step").is_null()) {
    manifest.previous_step = integer(json, "previous_step");
  }
  manifest.history = member(json, "history").dump();
  manifest.extra = member(json, "extra").dump();
  const Json& files = member(json, "files");
  if (!files.is_array()) {
    bad("must have a list as 'files'");
  }
  for (const auto& entry : files) {
    manifest.files.push_back(read_file(entry));
    const size_t count = manifest.files.size();
    if (count > 1 && manifest.files[count - 2].name >= manifest.files[count - 1].name) {
      bad("must list its files sorted, each once");
    }
  }
  return manifest;
}

}  // namespace

const CheckpointFile* Manifest::find(const std::string& name) const {
  for (const auto& file : files) {
    if (file.name == name) {
      return &file;
    }
  }
  return nullptr;
}

std::string format_manifest(const Manifest& manifest) {
  std::string body;
  try {
    body = to_json(manifest).dump(1);
  } catch (const nlohmann::json::exception& error) {
    throw InternalError(fmt::format("a manifest must hold JSON and UTF-8: {}", error.what()));
  }
  body.resize(body.size() - 2);  // the closing "\n}" follows the hash
  return fmt::format("{}{}{}{}", body, kSealHead, xxh3_hex(body.data(), body.size()), kSealTail);
}

Manifest parse_manifest(std::string_view text) {
  const size_t seal = kSealHead.size() + kHashLength + kSealTail.size();
  if (text.size() < seal) {
    bad("is cut off");
  }
  const std::string_view body = text.substr(0, text.size() - seal);
  const std::string expected =
      fmt::format("{}{}{}", kSealHead, xxh3_hex(body.data(), body.size()), kSealTail);
  if (text.substr(body.size()) != expected) {
    bad("does not match its own checksum");
  }
  try {
    return from_json(parse_json(text));
  } catch (const nlohmann::json::exception&) {
    bad("is not valid JSON");
  }
}

}  // namespace tpretrain
