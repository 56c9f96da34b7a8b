#include "data/shard/shard_index_builder.h"

#include <algorithm>
#include <cstddef>

#include <fmt/core.h>

#include "data/items/captions.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"

namespace tpretrain::data {

namespace {

constexpr size_t kLines = 10;
constexpr uint64_t kMaxJson = uint64_t{16} << 20;

template <typename Record>
void append(const std::vector<Record>& records, std::string& out) {
  if (!records.empty()) {
    out.append(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(Record));
  }
}

}  // namespace

void ShardIndexBuilder::fault(ShardFault fault, const std::string& where) {
  ++faults_[static_cast<size_t>(fault)];
  if (lines_.size() < kLines) {
    lines_.push_back(text(fmt::format("{}: {}", shard_fault_name(fault), where)));
  }
}

shard_format::Text ShardIndexBuilder::text(std::string_view value) {
  const shard_format::Text place{text_.size(), value.size()};
  text_ += value;
  return place;
}

shard_format::Text ShardIndexBuilder::extension(const std::string& value) {
  const auto at = extensions_.find(value);
  return at != extensions_.end() ? at->second
                                 : extensions_.emplace(value, text(value)).first->second;
}

uint32_t ShardIndexBuilder::count_captions() const {
  const TarMember* json = nullptr;
  for (size_t i = 0; i < open_.members.size(); ++i) {
    const MemberRole role = member_role(open_.extensions[i]);
    if (role == MemberRole::kText) {
      return open_.members[i].size > 0 ? 1 : 0;
    }
    if (role == MemberRole::kJson) {
      json = &open_.members[i];
    }
  }
  if (json == nullptr) {
    return 0;
  }
  if (json->size > kMaxJson) {
    throw DataError(fmt::format("a JSON member of {} bytes", json->size));
  }
  const std::string bytes = shard_.bytes(json->offset, json->size);
  return static_cast<uint32_t>(read_json_item(bytes, shard_json_keys()).captions.size());
}

bool ShardIndexBuilder::is_complete() {
  const std::string key = "'" + escape_control(open_.key) + "'";
  for (size_t i = 0; i < open_.extensions.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (open_.extensions[k] == open_.extensions[i]) {
        fault(ShardFault::kDuplicateExtension,
              fmt::format("the sample {} has two members '.{}'", key,
                          escape_control(open_.extensions[i])));
        return false;
      }
    }
  }
  if (!keys_.insert(hash64(open_.key)).second) {
    fault(ShardFault::kDuplicateKey, fmt::format("the key {} stands in two places", key));
    return false;
  }
  const bool image = std::any_of(
      open_.extensions.begin(), open_.extensions.end(),
      [](const std::string& extension) { return member_role(extension) == MemberRole::kImage; });
  if (!image) {
    fault(ShardFault::kNoImage,
          fmt::format("the sample {} has no picture (jpg, png, webp), only {}", key,
                      escape_control(join(open_.extensions, ", "))));
  }
  return image;
}

void ShardIndexBuilder::close() {
  if (open_.members.empty() || !is_complete()) {
    open_ = {};
    return;
  }
  shard_format::Sample sample;
  try {
    sample.captions = count_captions();
  } catch (const DataError& error) {
    fault(ShardFault::kBadJson,
          fmt::format("the sample '{}': {}", escape_control(open_.key), error.what()));
    open_ = {};
    return;
  }
  sample.key = text(open_.key);
  sample.first_member = members_.size();
  sample.members = static_cast<uint32_t>(open_.members.size());
  for (size_t i = 0; i < open_.members.size(); ++i) {
    members_.push_back(
        {open_.members[i].offset, open_.members[i].size, extension(open_.extensions[i])});
  }
  samples_.push_back(sample);
  open_ = {};
}

void ShardIndexBuilder::add(const TarMember& member) {
  const std::string identity = fmt::format("{}:{}\n", member.name, member.size);
  content_.update(identity.data(), identity.size());
  const auto name = split_sample_name(member.name);
  if (!name) {
    return;
  }
  constexpr size_t kMaxMembers = 1024;  // a key that never ends would be compared with itself
  if (name->key != open_.key || open_.members.size() >= kMaxMembers) {
    close();
    open_.key = name->key;
  }
  open_.members.push_back(member);
  open_.extensions.push_back(name->extension);
}

std::string ShardIndexBuilder::run(int64_t changed) {
  TarReader reader(shard_);
  try {
    while (const auto member = reader.next()) {
      add(*member);
    }
    close();
    if (!reader.ended()) {
      fault(ShardFault::kCut,
            fmt::format("byte {}: the archive ends without its end mark", reader.position()));
    }
  } catch (const DataError& error) {
    // Members of the sample that was being read may be lost behind the fault.
    const std::string what = error.what();
    const std::string prefix = shard_.name() + ": ";
    const std::string where = what.starts_with(prefix) ? what.substr(prefix.size()) : what;
    fault(ShardFault::kCut, open_.members.empty()
                                ? where
                                : fmt::format("{}; the sample '{}' before it is left out", where,
                                              escape_control(open_.key)));
  }
  return finish(changed);
}

std::string ShardIndexBuilder::finish(int64_t changed) {
  shard_format::Header header;
  header.shard_bytes = shard_.size();
  header.shard_changed = changed;
  header.samples = samples_.size();
  header.members = members_.size();
  header.lines = lines_.size();
  header.text_bytes = text_.size();
  header.faults = faults_;
  const std::string content = content_.hex();
  std::copy(content.begin(), content.end(), header.content.begin());
  std::string out(reinterpret_cast<const char*>(&header), sizeof(header));
  append(samples_, out);
  append(members_, out);
  append(lines_, out);
  out += text_;
  const std::string checksum = xxh3_hex(out.data(), out.size());
  out.replace(offsetof(shard_format::Header, checksum), checksum.size(), checksum);
  return out;
}

}  // namespace tpretrain::data
