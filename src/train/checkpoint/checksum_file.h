/// An output file that takes the checksums of a checkpoint file while it is written.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tpretrain/base/fs.h"
#include "tpretrain/base/hash.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain {

class ChecksumFile : public OutputFile {
 public:
  /// `on_closed` gets the record once the file is synced and closed.
  ChecksumFile(std::unique_ptr<OutputFile> file, std::string name,
               std::function<void(CheckpointFile)> on_closed);
  void write(const void* data, size_t size) override;
  void sync() override;
  void close() override;  ///< syncs first what was not synced yet

 private:
  std::unique_ptr<OutputFile> file_;
  std::function<void(CheckpointFile)> on_closed_;
  CheckpointFile record_;
  Xxh3 hash_;
  uint64_t in_chunk_ = 0;  ///< bytes of the last chunk
  bool synced_ = false;
};

}  // namespace tpretrain
