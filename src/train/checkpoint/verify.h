/// Checks the files of a checkpoint against its manifest.
#pragma once

#include "tpretrain/base/fs.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain {

/// CheckpointError that names the first bad file, and the chunk of it, in manifest order. A file
/// that cannot be read (IoError after the tries of FileSystem::read) counts as bad.
void verify_files(FileSystem& file_system, const Checkpoint& checkpoint, CheckDepth depth,
                  int threads);

}  // namespace tpretrain
