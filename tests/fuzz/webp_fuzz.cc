#include "fuzz/image_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tpretrain::fuzz_image("RIFF", data, size);
  return 0;
}
