/// The two implementations behind `crc32c`: tests compare them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tpretrain {

uint32_t crc32c_table(const void* data, size_t size, uint32_t crc);

bool crc32c_hardware_present();

/// Needs SSE4.2; where the processor family has none, the table version.
uint32_t crc32c_hardware(const void* data, size_t size, uint32_t crc);

}  // namespace tpretrain
