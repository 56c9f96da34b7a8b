/// Which files with which options a piece of work belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tpretrain/core/tokenizer.h"
#include "tpretrain/data/corpus.h"

namespace tpretrain::text {

/// Bytes of the files as stored; 0 when one of them is standard input.
int64_t stored_bytes(const std::vector<std::string>& files);

/// One line: equal for equal options, tokenizer and files (path, size, time of change).
std::string job_identity(const CorpusOptions& options, const Tokenizer& tokenizer);

}  // namespace tpretrain::text
