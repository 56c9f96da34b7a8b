#include "data/items/shard_source.h"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "data/items/captions.h"
#include "data/items/sidecar_name.h"
#include "data/shard/shard_names.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

constexpr const char* kExpected =
    "expected: tar archives whose adjacent members share a key, 000017.jpg and 000017.txt (or "
    ".json, .cls); `tpretrain data pack` writes them";
constexpr uint64_t kMaxJson = uint64_t{16} << 20;

/// The files under a key, `::` lists cut up first, so that each name is taken from its own place.
struct FileList {
  std::vector<std::string> files;

  void describe(ConfigVisitor& v) { v.paths("files", files, ""); }
};

std::vector<std::string> read_lists(const Node& node, Faults& faults) {
  Node parts = node;
  if (node.is_scalar() || node.is_list()) {
    parts = Node::list({}, node.mark());
    for (const Node& item : node.is_list() ? node.items() : std::vector<Node>{node}) {
      for (const std::string& name : split_shard_list(item.text())) {
        parts.items().push_back(Node::scalar(name, item.mark(), item.quoted()));
      }
    }
  }
  Node map = Node::map({}, node.mark());
  map.set("files", std::move(parts));
  FileList list;
  read_struct(list, map, "shards", faults);
  return list.files;
}

const ShardMember* find(const std::vector<ShardMember>& members, MemberRole role) {
  const auto at = std::find_if(members.begin(), members.end(), [role](const ShardMember& member) {
    return member_role(member.extension) == role;
  });
  return at == members.end() ? nullptr : &*at;
}

std::string bytes_of(const ByteFile& file, const ShardMember& member, uint64_t most,
                     const std::string& where) {
  if (member.size > most) {
    throw DataError(fmt::format("{}.{}: has {} bytes; at most {} are read", where, member.extension,
                                member.size, most));
  }
  return file.bytes(member.offset, member.size);
}

}  // namespace

void ShardSourceConfig::describe(ConfigVisitor& v) {
  v.custom(
      "files", "paths",
      "Tar shards: names, wildcards, {000000..000123} and {a,b}; joined by :: or a list.",
      [this](const Node& node, Faults& faults) { files = read_lists(node, faults); },
      [this] {
        std::vector<Node> names;
        for (const std::string& file : files) {
          names.push_back(Node::scalar(file));
        }
        return Node::list(std::move(names));
      });
  v.require("files");
  v.path("index", index, "Folder of the index files; default: beside each shard.");
  items.describe(v);
}

ShardSource::ShardSource(const ShardSourceConfig& config, const SourceContext&)
    : PictureSource(config.items), shards_(expand_shards(config.files), config.index) {
  ItemFaults faults(options().bad_items);
  take_faults(faults);
  if (items() == 0) {
    throw DataError(fmt::format("{} give no sample{}{}", join(config.files, ", "),
                                faults.lines().empty() ? "" : ": ", join(faults.lines(), "; ")),
                    kExpected);
  }
  left_out_ = faults.count();
  faults.report("shards");
}

void ShardSource::take_faults(ItemFaults& faults) const {
  for (size_t shard = 0; shard < shards_.shards().size(); ++shard) {
    const ShardIndex& index = shards_.index(shard);
    const std::vector<std::string> lines = index.fault_lines();
    for (int i = 0; i < kShardFaults; ++i) {
      const auto fault = static_cast<ShardFault>(i);
      const std::string kind = shard_fault_name(fault);
      const std::string prefix = kind + ": ";
      int64_t left = index.faults(fault);
      for (const std::string& line : lines) {
        if (line.starts_with(prefix)) {
          faults.add(kind, shards_.shards()[shard] + ": " + line.substr(prefix.size()));
          --left;
        }
      }
      if (left > 0) {
        faults.add(kind, shards_.shards()[shard], left);
      }
    }
  }
}

std::string ShardSource::hash() const {
  Xxh3 hash;
  for (size_t shard = 0; shard < shards_.shards().size(); ++shard) {
    const std::string content = shards_.index(shard).content();
    hash.update(content.data(), content.size());
  }
  return hash.hex();
}

std::string ShardSource::sidecar() const {
  return sidecar_name(shards_.shards());
}

int64_t ShardSource::caption_count(int64_t index) const {
  const ShardSet::Place place = shards_.place(index);
  return shards_.index(place.shard).captions(place.sample);
}

void ShardSource::add_captions(const ByteFile& file, const std::vector<ShardMember>& members,
                               const std::string& where, StoredItem& item) const {
  if (const ShardMember* text = find(members, MemberRole::kText)) {
    // Of a longer one the rest would be cut away; one byte more shows that it is longer.
    const bool cut = options().long_caption == LongCaption::kCut;
    ShardMember start = *text;
    start.size = cut ? std::min<uint64_t>(text->size, options().max_caption + 1) : text->size;
    std::string bytes = bytes_of(file, start, kMaxJson, where);
    if (start.size < text->size) {
      cut_text(bytes, bytes.size() - 1);
    }
    item.captions.push_back(clean_caption(bytes));
  } else if (const ShardMember* json = find(members, MemberRole::kJson)) {
    try {
      JsonItem found = read_json_item(bytes_of(file, *json, kMaxJson, where), shard_json_keys());
      item.captions = std::move(found.captions);
      item.label = found.label;
    } catch (const DataError& error) {
      throw DataError(fmt::format("{}.json: {}", where, error.what()));
    }
  }
  options().limit_captions(item.captions, where);
}

StoredItem ShardSource::load(int64_t index) const {
  const ShardSet::Place place = shards_.place(index);
  const ShardIndex& shard = shards_.index(place.shard);
  const std::vector<ShardMember> members = shard.members(place.sample);
  const std::shared_ptr<const ByteFile> file = shards_.file(place.shard);
  StoredItem item;
  item.name = shard.key(place.sample);
  const std::string where = shards_.shards()[place.shard] + ": " + escape_control(item.name);
  add_captions(*file, members, where, item);
  if (const ShardMember* label = find(members, MemberRole::kLabel)) {
    item.label = parse_label(bytes_of(*file, *label, 64, where));
    if (!item.label) {
      throw DataError(fmt::format("{}.{}: is no integer", where, label->extension));
    }
  }
  if (const ShardMember* image = find(members, MemberRole::kImage)) {
    item.where = fmt::format("{}.{}", where, image->extension);
    item.image = bytes_of(*file, *image, kMaxImageBytes, where);
  }
  return item;
}

}  // namespace tpretrain::data
