/// MANIFEST.json: text out, text in. The last key is the XXH3-128 of everything before it, so that
/// the bytes are proven before they are parsed.
#pragma once

#include <string>
#include <string_view>

#include "tpretrain/train/checkpoint.h"

namespace tpretrain {

/// Larger manifests are refused; 64 MiB describe 7 TB of files.
inline constexpr uint64_t kMaxManifest = uint64_t{64} << 20;

/// InternalError when `history` or `extra` is not JSON.
std::string format_manifest(const Manifest& manifest);

/// CheckpointError with the reason.
Manifest parse_manifest(std::string_view text);

}  // namespace tpretrain
