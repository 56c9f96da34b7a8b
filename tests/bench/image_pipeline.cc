// Files to a normalised float batch, driven by tools/bench/image_pipeline.py:
//
//     image_pipeline SIZE THREADS FILE...
//
// Reads the files into memory. Then each line of standard input makes one pass over all of them
// (random resized crop, bicubic, mirrored half the time) and answers with its wall seconds.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "data/image/open_image.h"
#include "tpretrain/core/image_transform.h"

namespace {

using tpretrain::ImageTransform;

constexpr float kMean[] = {0.48145466F, 0.4578275F, 0.40821073F};
constexpr float kDeviation[] = {0.26862954F, 0.26130258F, 0.27577711F};

/// pixels [count, 3] uint8 -> out [count, 3] float, eight pixels at a time.
void normalise(const uint8_t* pixels, int64_t count, float* out) {
  constexpr int64_t kBlock = 24;
  float scale[kBlock];
  float shift[kBlock];
  for (int64_t i = 0; i < kBlock; ++i) {
    scale[i] = 1 / (255 * kDeviation[i % 3]);
    shift[i] = -kMean[i % 3] / kDeviation[i % 3];
  }
  for (int64_t i = 0; i < 3 * count; i += kBlock) {
    for (int64_t j = 0; j < kBlock; ++j) {
      out[i + j] = static_cast<float>(pixels[i + j]) * scale[j] + shift[j];
    }
  }
}

struct Pass {
  const std::vector<std::string>& files;
  const ImageTransform& transform;
  int64_t first_ordinal;
  std::vector<float>& batch;
  std::atomic<size_t> next{0};

  void work() {
    const int64_t count = transform.size() * transform.size();
    std::vector<uint8_t> pixels(static_cast<size_t>(3 * count));
    tpretrain::ImageScratch scratch;
    for (size_t i = next++; i < files.size(); i = next++) {
      const auto image = tpretrain::open_image(files[i], "file");
      transform.apply(*image, 1, first_ordinal + static_cast<int64_t>(i), true, scratch,
                      pixels.data());
      normalise(pixels.data(), count, &batch[i * 3 * count]);
    }
  }
};

double seconds_of(Pass& pass, int64_t threads) {
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> pool;
    for (int64_t t = 1; t < threads; ++t) {
      pool.emplace_back([&pass] { pass.work(); });
    }
    pass.work();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || std::stoll(argv[1]) % 8 != 0) {
    std::cerr << "usage: image_pipeline SIZE (a multiple of 8) THREADS FILE...\n";
    return 64;
  }
  tpretrain::ImageTransformConfig config;
  config.size = std::stoll(argv[1]);
  config.augment.random_resized_crop.emplace();
  config.augment.flip = 0.5;
  const ImageTransform transform(config);
  std::vector<std::string> files;
  for (int i = 3; i < argc; ++i) {
    std::ifstream stream(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  std::vector<float> batch(files.size() * 3 * config.size * config.size);
  int64_t ordinal = 0;
  for (std::string line; std::getline(std::cin, line);) {
    Pass pass{files, transform, ordinal, batch};
    std::cout << seconds_of(pass, std::stoll(argv[2])) << std::endl;
    ordinal += static_cast<int64_t>(files.size());
  }
}
