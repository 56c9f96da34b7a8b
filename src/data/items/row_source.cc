#include "data/items/row_source.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>

#include <fmt/core.h>

#include "data/items/picture_file.h"
#include "data/items/sidecar_name.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::data {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRows = std::numeric_limits<uint32_t>::max();

}  // namespace

void RowSourceOptions::describe(ConfigVisitor& v) {
  v.paths("files", files, "Tables; wildcards allowed.");
  v.require("files");
  v.path("root", root, "Folder that names of pictures start from; default: that of the table.");
  items.describe(v);
}

RowSource::RowSource(const RowSourceOptions& options, std::unique_ptr<RowFormat> format)
    : PictureSource(options.items),
      names_(expand_corpus_files(options.files)),
      root_(options.root),
      format_(std::move(format)),
      files_(names_.size()) {
  ItemFaults faults(bad_items());
  Draft draft;
  for (size_t file = 0; file < names_.size(); ++file) {
    scan_file(file, draft, faults);
  }
  if (captions_.empty()) {
    throw DataError(fmt::format("{} give no sample{}{}", join(names_, ", "),
                                faults.lines().empty() ? "" : ": ", join(faults.lines(), "; ")),
                    format_->expected());
  }
  sort_rows(draft);
  hash_ = draft.hash.hex();
  left_out_ = faults.count();
  faults.report("table");
}

void RowSource::scan_file(size_t file, Draft& draft, ItemFaults& faults) {
  const DiskFile table(names_[file]);
  sizes_.push_back(table.size());
  const auto take = [&](const RowText& text) {
    draft.hash.update(text.text.data(), text.text.size());
    draft.hash.update("\n", 1);
    try {
      add(file, text, draft);
    } catch (const DataError& error) {
      faults.add("bad_row", fmt::format("{}: line {}: {}", names_[file], text.line, error.what()));
    }
    return true;
  };
  try {
    format_->scan(file, table, take);
  } catch (const DataError& error) {
    faults.add("cut", error.what());
  }
}

void RowSource::add(size_t file, const RowText& text, Draft& draft) {
  const Row row = format_->parse(file, text.text);
  if (row.image.empty()) {
    throw DataError("names no picture");
  }
  if (draft.rows.size() >= kMaxRows) {
    throw ConfigError(fmt::format("the tables have more than {} rows", kMaxRows));
  }
  const auto next = static_cast<uint32_t>(captions_.size());
  const auto [at, is_new] = draft.by_name.emplace(hash64(resolve(file, row.image)), next);
  if (is_new) {
    captions_.push_back(0);
  }
  captions_[at->second] += static_cast<uint32_t>(row.captions.size());
  draft.items.push_back(at->second);
  draft.rows.push_back(
      {text.offset, static_cast<uint32_t>(text.text.size()), static_cast<uint32_t>(file)});
}

/// Rows by item; those of one item stay in order.
void RowSource::sort_rows(const Draft& draft) {
  starts_.assign(captions_.size() + 1, 0);
  for (const uint32_t item : draft.items) {
    ++starts_[item + 1];
  }
  for (size_t i = 1; i < starts_.size(); ++i) {
    starts_[i] += starts_[i - 1];
  }
  std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
  rows_.resize(draft.rows.size());
  for (size_t row = 0; row < draft.rows.size(); ++row) {
    rows_[next[draft.items[row]]++] = draft.rows[row];
  }
}

std::string RowSource::sidecar() const {
  return sidecar_name(names_);
}

std::string RowSource::resolve(size_t file, const std::string& image) const {
  const fs::path root = root_.empty() ? fs::path(names_[file]).parent_path() : fs::path(root_);
  return (root / image).lexically_normal().string();
}

std::string RowSource::where(const Place& place) const {
  return fmt::format("{}: the row at byte {}", names_[place.file], place.offset);
}

Row RowSource::row_at(const Place& place) const {
  const auto table = files_.open(place.file, names_[place.file], sizes_[place.file]);
  try {
    return format_->parse(place.file, table->bytes(place.offset, place.size));
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}; was the table changed?", where(place), error.what()));
  }
}

StoredItem RowSource::load(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  StoredItem item;
  std::string path;
  for (uint32_t k = starts_[i]; k < starts_[i + 1]; ++k) {
    Row row = row_at(rows_[k]);
    const std::string own = resolve(rows_[k].file, row.image);
    if (k > starts_[i] && (own != path || row.label != item.label)) {
      throw DataError(
          fmt::format("{}: must have the picture and the class of the other rows of "
                      "'{}'",
                      where(rows_[k]), escape_control(item.name)));
    }
    path = own;
    item.name = std::move(row.image);
    item.label = row.label;
    std::move(row.captions.begin(), row.captions.end(), std::back_inserter(item.captions));
  }
  options().limit_captions(item.captions, item.name);
  item.image = read_picture(path);
  item.where = path;
  return item;
}

}  // namespace tpretrain::data
