/// Items of which only one side matters: a text or a picture whose feature is asked for. The other
/// side is a stand-in that no pass reads. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/items/picture_source.h"
#include "tpretrain/core/source.h"

namespace tpretrain::data {

/// Texts, each with a picture of one white pixel.
class TextItems final : public ItemSource {
 public:
  explicit TextItems(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  int64_t items() const override { return static_cast<int64_t>(texts_.size()); }

  std::string hash() const override { return ""; }

  std::string sidecar() const override { return "texts"; }

  Item read(int64_t index) const override;

  int64_t caption_count(int64_t) const override { return 1; }

  BadItems bad_items() const override { return BadItems::kError; }

 private:
  std::vector<std::string> texts_;
};

/// The pictures of another source, each with a caption of one letter.
class PictureItems final : public ItemSource {
 public:
  explicit PictureItems(std::shared_ptr<const ItemSource> pictures)
      : pictures_(std::move(pictures)) {}

  int64_t items() const override { return pictures_->items(); }

  std::string hash() const override { return pictures_->hash(); }

  std::string sidecar() const override { return pictures_->sidecar(); }

  Item read(int64_t index) const override;

  int64_t caption_count(int64_t) const override { return 1; }

  BadItems bad_items() const override { return pictures_->bad_items(); }

 private:
  std::shared_ptr<const ItemSource> pictures_;
};

/// Picture files by their names. A bad one is an error.
class PictureFiles final : public PictureSource {
 public:
  explicit PictureFiles(std::vector<std::string> paths);

  int64_t items() const override { return static_cast<int64_t>(paths_.size()); }

  std::string hash() const override { return ""; }

  std::string sidecar() const override { return "pictures"; }

  StoredItem load(int64_t index) const override;

  int64_t caption_count(int64_t) const override { return 0; }

 private:
  std::vector<std::string> paths_;
};

}  // namespace tpretrain::data
