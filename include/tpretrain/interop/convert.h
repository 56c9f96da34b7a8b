/// Parameters out of and into files of other libraries, by the rules of name_map.h. Torch-free:
/// the caller lends the float32 memory of its parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tpretrain/interop/name_map.h"
#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

/// One of our parameters, contiguous.
struct WeightSlot {
  std::string name;
  std::vector<int64_t> shape;
  std::span<float> data;
  std::string owner = {};  ///< the parameter whose memory it shares, for a tied one
};

struct ImportOptions {
  std::string prefix;    ///< before every foreign name, as in "grad."
  bool partial = false;  ///< parameters that the file lacks keep their values
};

struct ResizedWeight {
  std::string name;
  std::vector<int64_t> from;
  std::vector<int64_t> to;
};

struct ImportReport {
  std::string family;
  std::string library;
  std::vector<std::string> loaded;      ///< ours, the resized ones among them
  std::vector<std::string> missing;     ///< ours
  std::vector<std::string> unexpected;  ///< theirs
  std::vector<ResizedWeight> resized;   ///< ours
};

/// Fills the slots from a file of `library`. The family is the one that fits most of the slots.
/// F16, BF16 and F64 become float32; position tables of another grid are interpolated.
/// Errors: NotFoundError (unknown library), DataError that names every missing tensor (unless
/// `partial`), wrong shape and wrong dtype, at most some of each; then no slot was written.
ImportReport import_weights(const SafetensorsFile& file, const std::string& label,
                            std::string_view library, std::span<const WeightSlot> slots,
                            const ImportOptions& options = {});

/// A tensor as the other library has it.
struct ForeignWeight {
  SafetensorsSpec spec;  ///< always F32
  std::vector<float> data;

  SafetensorsTensor tensor() const;  ///< points into `data`
};

struct ExportedWeights {
  std::string family;
  std::vector<ForeignWeight> weights;
};

/// The slots as a file of `library` has them, tied ones included: there each has memory of its own,
/// but for those that the family ties too. Errors: NotFoundError (unknown library), ConfigError
/// that names the parameters for which no family has a rule.
ExportedWeights export_weights(std::string_view library, std::span<const WeightSlot> slots);

/// Interpolates a table of positions [n + from^2, width] to [n + to^2, width]: bicubic, corners not
/// aligned, no antialiasing, as torch.nn.functional.interpolate. The first `n` rows are copied.
void resize_positions(std::span<const float> table, std::span<float> out, int64_t from, int64_t to,
                      int64_t width);

}  // namespace tpretrain
