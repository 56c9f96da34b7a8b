/// Writes Megatron-LM token files by hand, and a folder to put them in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tpretrain::testing {

/// An empty folder that is removed with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(::testing::TempDir()) /
            (std::string(test->test_suite_name()) + "." + test->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }

  ~ScratchFolder() { std::filesystem::remove_all(path_); }

  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// Documents of sentences of ids, as uint16.
using Corpus = std::vector<std::vector<std::vector<uint16_t>>>;

inline void write_token_file(const std::string& prefix, const Corpus& corpus) {
  std::string bin;
  std::string lengths;
  std::string pointers;
  std::string documents;
  uint64_t sequences = 0;
  put<int64_t>(documents, 0);
  for (const auto& document : corpus) {
    for (const auto& sentence : document) {
      put<int32_t>(lengths, static_cast<int32_t>(sentence.size()));
      put<int64_t>(pointers, static_cast<int64_t>(bin.size()));
      for (const uint16_t id : sentence) {
        put(bin, id);
      }
      ++sequences;
    }
    put<int64_t>(documents, static_cast<int64_t>(sequences));
  }
  std::string idx("MMIDIDX\0\0", 9);
  put<uint64_t>(idx, 1);
  put<uint8_t>(idx, 8);
  put<uint64_t>(idx, sequences);
  put<uint64_t>(idx, corpus.size() + 1);
  write_file(prefix + ".bin", bin);
  write_file(prefix + ".idx", idx + lengths + pointers + documents);
}

}  // namespace tpretrain::testing
