/// Puts samples together into a batch: ragged, nothing is padded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tpretrain/core/batch.h"
#include "tpretrain/core/processor.h"

namespace tpretrain {

/// Writes, for B samples with S sequences and T tokens in view v:
///   v.offsets [S+1] int32   where each sequence begins; the last entry is T
///   v.sample [S] int32      sample of each sequence; only when some sample has not exactly one
///   v.max_length            (a number) the longest sequence of this batch
///   ordinal [B] int64
/// and one tensor per declared field, by its form.
class Collator {
 public:
  /// Errors: InternalError when the declaration contradicts itself (a defect of the processor).
  Collator(std::vector<Field> fields, std::vector<Processor::ViewInfo> views);

  /// `ordinals`: one per sample. Errors: ShapeError when a sample does not fit its declaration.
  Batch collate(std::span<const Sample> samples, std::span<const int64_t> ordinals) const;

  const std::vector<Field>& fields() const noexcept { return fields_; }

  const std::vector<Processor::ViewInfo>& views() const noexcept { return views_; }

 private:
  /// What a field refers to: indices into views_ and fields_, -1 for none.
  struct Link {
    int view = -1;   ///< kTokens, kRows
    int group = -1;  ///< kItems: the kRows field that it goes with
  };

  /// First token of every sample in a view, [B+1].
  using Starts = std::vector<int64_t>;

  Link link(const Field& field) const;
  int find_view(const std::string& name) const;
  Starts write_view(size_t view, std::span<const Sample> samples, Batch& batch) const;
  void write_owners(size_t view, std::span<const Sample> samples, int64_t sequences,
                    Batch& batch) const;
  int64_t count_values(size_t field, std::span<const Sample> samples,
                       const std::vector<Starts>& starts) const;
  void write_field(size_t field, std::span<const Sample> samples, const std::vector<Starts>& starts,
                   Batch& batch) const;
  /// Values of the field that the sample must hold; -1: any number.
  int64_t expected(size_t field, const Sample& sample, size_t index,
                   const std::vector<Starts>& starts) const;

  std::vector<Field> fields_;
  std::vector<Processor::ViewInfo> views_;
  std::vector<Link> links_;
};

}  // namespace tpretrain
