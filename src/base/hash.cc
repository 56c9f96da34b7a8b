#include "tpretrain/base/hash.h"

#define XXH_INLINE_ALL
#include <fmt/core.h>
#include <xxhash.h>

#include "base/crc32c.h"

namespace tpretrain {

struct Xxh3::State {
  XXH3_state_t state;
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->state);
}

Xxh3::~Xxh3() = default;

void Xxh3::update(const void* data, size_t size) {
  if (size != 0) {
    XXH3_128bits_update(&state_->state, data, size);
  }
}

std::string Xxh3::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string xxh3_hex(const void* data, size_t size) {
  Xxh3 hash;
  hash.update(data, size);
  return hash.hex();
}

uint32_t crc32c(const void* data, size_t size, uint32_t crc) {
  static const bool kHardware = crc32c_hardware_present();
  return kHardware ? crc32c_hardware(data, size, crc) : crc32c_table(data, size, crc);
}

}  // namespace tpretrain
