/// The ledger of a run: one checksummed line for each committed step. It is what tells a run whose
/// checkpoints are all gone from a run that never had one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tpretrain/base/fs.h"

namespace tpretrain {

struct LedgerState {
  bool used = false;            ///< something was ever written
  std::optional<int64_t> step;  ///< of the last valid line
};

/// An absent ledger is an unused one. A line cut off by a crash is passed over.
LedgerState read_ledger(FileSystem& file_system, const fs::path& path);

/// Appends "<verb> step=N run=ID crc=XXXXXXXX" and syncs it; a line cut off before is ended first.
void append_ledger(FileSystem& file_system, const fs::path& path, std::string_view verb,
                   int64_t step, std::string_view run_id);

}  // namespace tpretrain
