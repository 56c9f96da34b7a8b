#include "fuzz/image_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tpretrain::fuzz_image("\x89PNG\r\n\x1A\n", data, size);
  return 0;
}
