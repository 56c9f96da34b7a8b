#include "data/text/token_output.h"

#include <cstring>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "data/text/file_copy.h"
#include "data/text/token_format.h"
#include "data/token_file_patterns.h"

namespace tpretrain::text {

namespace {

using Json = nlohmann::ordered_json;

/// A file being written and hashed.
class HashedFile {
 public:
  HashedFile(FileSystem& file_system, const fs::path& path) {
    file_system.remove(path);
    file_ = file_system.create(path);
  }

  void write(const void* data, size_t size) {
    file_->write(data, size);
    hash_.update(data, size);
    bytes_ += static_cast<int64_t>(size);
  }

  template <typename T>
  void put(T value) {
    write(&value, sizeof(T));
  }

  void close() {
    file_->sync();
    file_->close();
  }

  Json json(const fs::path& path) const {
    return {{"file", path.filename().string()}, {"bytes", bytes_}, {"hash", hash_.hex()}};
  }

 private:
  std::unique_ptr<OutputFile> file_;
  Xxh3 hash_;
  int64_t bytes_ = 0;
};

template <typename OnBlock>
void for_each_segment_block(FileSystem& file_system, const TokenStore& store, size_t kind,
                            OnBlock&& on_block) {
  const auto& segments = store.state().segments;
  for (size_t i = 0; i < segments.size(); ++i) {
    for_each_block(file_system, store.path(i, kind), segments[i].bytes[kind], on_block);
  }
}

void write_pointers(FileSystem& file_system, const TokenStore& store, int64_t item_bytes,
                    HashedFile& idx) {
  int64_t pointer = 0;
  std::vector<int64_t> pointers;
  for_each_segment_block(file_system, store, 1, [&](const char* data, size_t size) {
    pointers.clear();
    for (size_t at = 0; at < size; at += sizeof(int32_t)) {
      int32_t length;
      std::memcpy(&length, data + at, sizeof(length));
      pointers.push_back(pointer);
      pointer += length * item_bytes;
    }
    idx.write(pointers.data(), pointers.size() * sizeof(int64_t));
  });
}

Json write_index(FileSystem& file_system, const TokenStore& store, TokenType type,
                 const TokenPaths& paths) {
  HashedFile idx(file_system, store.folder() / "out.idx");
  idx.write(kIndexMagic.data(), kIndexMagic.size());
  idx.put(kIndexVersion);
  idx.put(static_cast<uint8_t>(type));
  idx.put(static_cast<uint64_t>(store.state().counts.sentences));
  idx.put(static_cast<uint64_t>(store.state().counts.documents + 1));
  const auto copy = [&idx](const char* data, size_t size) { idx.write(data, size); };
  for_each_segment_block(file_system, store, 1, copy);
  write_pointers(file_system, store, type == TokenType::kUint16 ? 2 : 4, idx);
  idx.put(int64_t{0});
  for_each_segment_block(file_system, store, 2, copy);
  idx.close();
  return idx.json(paths.idx);
}

/// The file that holds all tokens: the only segment itself, or a copy of several.
fs::path join_tokens(FileSystem& file_system, const TokenStore& store) {
  const auto& segments = store.state().segments;
  if (segments.size() == 1 &&
      static_cast<int64_t>(file_system.size(store.path(0, 0))) == segments[0].bytes[0]) {
    return store.path(0, 0);
  }
  const fs::path path = store.folder() / "out.bin";
  file_system.remove(path);
  const auto bin = file_system.create(path);
  for_each_segment_block(file_system, store, 0,
                         [&](const char* data, size_t size) { bin->write(data, size); });
  bin->sync();
  bin->close();
  return path;
}

Json drops_json(const CorpusCounts& counts, const CorpusOptions& options) {
  Json json = Json::object();
  for (int i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    const DropCount& drop = counts.drop(reason);
    Json first = Json::array();
    for (const DropCount::Place& place : drop.places) {
      first.push_back(
          fmt::format("{}:{}", options.files[static_cast<size_t>(place.file)], place.offset));
    }
    json[drop_reason_name(reason)] = {{"count", drop.count}, {"first", first}};
  }
  return json;
}

Json sources_json(const std::vector<ReadFile>& sources) {
  Json json = Json::array();
  for (const ReadFile& source : sources) {
    json.push_back({{"file", source.path}, {"bytes", source.bytes}, {"hash", source.hash}});
  }
  return json;
}

std::string manifest_text(const TokenStore& store, const TokenPaths& paths,
                          const ManifestFacts& facts, const Json& idx) {
  const StoreState& state = store.state();
  int64_t bin_bytes = 0;
  for (const Segment& segment : state.segments) {
    bin_bytes += segment.bytes[0];
  }
  const Json json = {
      {"schema", 1},
      {"tool", std::string("tpretrain ") + TPRETRAIN_VERSION},
      {"dtype", facts.type == TokenType::kUint16 ? "uint16" : "int32"},
      {"documents", state.counts.documents},
      {"sequences", state.counts.sentences},
      {"tokens", state.tokens},
      {"tokenizer",
       {{"file", facts.tokenizer.source()},
        {"size", facts.tokenizer.size()},
        {"hash", facts.tokenizer.hash()}}},
      {"bin",
       {{"file", paths.bin.filename().string()}, {"bytes", bin_bytes}, {"hash", store.bin_hash()}}},
      {"idx", idx},
      {"text_bytes", state.counts.bytes},
      {"sources", sources_json(facts.sources)},
      {"dropped", drops_json(state.counts, facts.options)},
      {"options", Json::parse(options_json(facts.options))},
      {"job", facts.job}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

TokenPaths::TokenPaths(const fs::path& prefix)
    : bin(with_suffix(prefix, ".bin")),
      idx(with_suffix(prefix, ".idx")),
      manifest(with_suffix(prefix, ".manifest.json")),
      partial(with_suffix(prefix, ".partial")) {}

void write_token_files(FileSystem& file_system, const TokenStore& store, const TokenPaths& paths,
                       const ManifestFacts& facts) {
  const Json idx = write_index(file_system, store, facts.type, paths);
  const fs::path bin = join_tokens(file_system, store);
  const fs::path manifest = store.folder() / "out.manifest.json";
  file_system.remove(manifest);
  file_system.write_new(manifest, manifest_text(store, paths, facts, idx));
  // An old manifest must never stand beside new files.
  file_system.remove(paths.manifest);
  file_system.rename(bin, paths.bin);
  failpoint("preprocess.rename");
  file_system.rename(store.folder() / "out.idx", paths.idx);
  file_system.rename(manifest, paths.manifest);
  const fs::path parent = paths.bin.parent_path();
  file_system.sync_directory(parent.empty() ? fs::path(".") : parent);
  file_system.remove(paths.partial);
}

std::string options_json(const CorpusOptions& options) {
  Json json = Json::object();
  const Node node = dump_struct(options);
  for (const auto& [key, value] : node.entries()) {
    json[key] = value.is_null() ? Json(nullptr) : Json(value.text());
  }
  return json.dump();
}

}  // namespace tpretrain::text
