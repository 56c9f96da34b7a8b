/// WebDataset shards: tar archives of pictures with captions or classes. Torch-free.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/items/picture_source.h"
#include "data/shard/shard_set.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

struct ShardSourceConfig {
  std::vector<std::string> files;
  std::string index;
  ItemOptions items;

  void describe(ConfigVisitor& v);
};

/// An item is a run of members with one key: a picture (jpg, jpeg, png, webp), its captions (txt,
/// text, caption, transcript; else `captions`, `caption` or `text` of json) and its class (cls,
/// cls2, index; else `label` or `cls` of json).
class ShardSource final : public PictureSource {
 public:
  /// Errors: NotFoundError, IoError, DataError (no sample; a bad one by policy).
  ShardSource(const ShardSourceConfig& config, const SourceContext& context);

  int64_t items() const override { return shards_.samples(); }

  std::string hash() const override;
  std::string sidecar() const override;

  int64_t left_out() const override { return left_out_; }

  StoredItem load(int64_t index) const override;
  int64_t caption_count(int64_t index) const override;

 private:
  void take_faults(ItemFaults& faults) const;
  void add_captions(const ByteFile& file, const std::vector<ShardMember>& members,
                    const std::string& where, StoredItem& item) const;

  ShardSet shards_;
  int64_t left_out_ = 0;
};

}  // namespace tpretrain::data
