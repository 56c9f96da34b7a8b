#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "data/text/token_format.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain::text {

namespace {

constexpr uint64_t kManifestBytes = uint64_t{256} << 20;

}  // namespace

TokenManifest read_token_manifest(const std::filesystem::path& path) {
  const std::string bytes = FileSystem::posix().read_all(path, kManifestBytes);
  try {
    const auto json = nlohmann::json::parse(bytes);
    TokenManifest manifest;
    manifest.vocabulary = json.at("tokenizer").at("size").get<int64_t>();
    manifest.tokenizer_hash = json.at("tokenizer").at("hash").get<std::string>();
    manifest.documents = json.at("documents").get<int64_t>();
    manifest.sequences = json.at("sequences").get<int64_t>();
    manifest.tokens = json.at("tokens").get<int64_t>();
    manifest.bin_bytes = json.at("bin").at("bytes").get<int64_t>();
    manifest.bin_hash = json.at("bin").at("hash").get<std::string>();
    manifest.idx_hash = json.at("idx").at("hash").get<std::string>();
    manifest.job = json.value("job", std::string());
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(
        fmt::format("{}: this is no manifest of token files: {}", path.string(), error.what()),
        "make the files again with `tpretrain preprocess`");
  }
}

}  // namespace tpretrain::text
