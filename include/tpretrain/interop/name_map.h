/// Parameters under the names of other libraries: a list of rules, used in both directions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tpretrain/core/parameters.h"
#include "tpretrain/interop/safetensors.h"

namespace tpretrain {

/// One of our parameters and the foreign tensors whose rows, one after the other, are the same
/// numbers: `qkv.weight` is query, key and value.
struct NameRule {
  std::string ours;
  std::vector<std::string> theirs;
};

using NameMap = std::vector<NameRule>;

/// BertForPreTraining of Hugging Face transformers, for a model in the five-part form with targets
/// `mlm` (tied to the word embedding) and `nsp`.
NameMap bert_names(int64_t layers);

/// Copies every parameter from the file. Foreign tensors that no rule names are left alone.
/// Errors: DataError that names missing tensors and wrong shapes.
void import_parameters(const SafetensorsFile& file, const NameMap& names, ParameterBuffer& buffer);

/// The parameters as foreign tensors; the spans point into the buffer.
std::vector<SafetensorsTensor> export_parameters(const NameMap& names,
                                                 const ParameterBuffer& buffer);

}  // namespace tpretrain
