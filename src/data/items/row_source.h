/// Pictures that tables name: CSV, TSV, JSON lines and lists. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/items/picture_source.h"
#include "data/items/row_format.h"
#include "data/shard/byte_file.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

struct RowSourceOptions {
  std::vector<std::string> files;
  std::string root;  ///< of relative names of pictures; "": the folder of the table
  ItemOptions items;

  /// The keys of a recipe, without the form of the rows.
  void describe(ConfigVisitor& v);
};

/// Rows that name one picture are one item with all their captions; items stand in the order of
/// their first rows. Memory: 24 to 28 bytes a row; the rows stay on disk.
class RowSource final : public PictureSource {
 public:
  /// Reads every row once. Errors: NotFoundError, IoError, DataError (no usable row; a bad one by
  /// policy; a table that is damaged as a whole).
  RowSource(const RowSourceOptions& options, std::unique_ptr<RowFormat> format);

  int64_t items() const override { return static_cast<int64_t>(captions_.size()); }

  std::string hash() const override { return hash_; }

  std::string sidecar() const override;

  int64_t left_out() const override { return left_out_; }

  StoredItem load(int64_t index) const override;

  int64_t caption_count(int64_t index) const override {
    return captions_[static_cast<size_t>(index)];
  }

 private:
  struct Place {
    uint64_t offset = 0;
    uint32_t size = 0;
    uint32_t file = 0;
  };

  /// What is known of the rows while they are read.
  struct Draft {
    std::vector<Place> rows;
    std::vector<uint32_t> items;                     ///< of each row
    std::unordered_map<uint64_t, uint32_t> by_name;  ///< hash of the picture's path to item
    Xxh3 hash;                                       ///< of the rows
  };

  void scan_file(size_t file, Draft& draft, ItemFaults& faults);
  void add(size_t file, const RowText& text, Draft& draft);
  void sort_rows(const Draft& draft);
  std::string resolve(size_t file, const std::string& image) const;
  Row row_at(const Place& place) const;
  std::string where(const Place& place) const;

  std::vector<std::string> names_;
  std::string root_;
  std::unique_ptr<RowFormat> format_;
  mutable OpenFiles files_;
  std::vector<uint64_t> sizes_;     ///< of the files
  std::vector<uint32_t> captions_;  ///< of each item
  std::vector<uint32_t> starts_;    ///< rows of item i: [starts_[i], starts_[i + 1])
  std::vector<Place> rows_;
  std::string hash_;
  int64_t left_out_ = 0;
};

}  // namespace tpretrain::data
