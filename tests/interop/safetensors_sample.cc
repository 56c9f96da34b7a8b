/// The other half of tools/parity/check_safetensors.py:
///   safetensors_sample copy FROM TO    reads a file and writes it again
///   safetensors_sample print FILE      one line a tensor: name, dtype, shape, XXH3-128 of its
///   bytes

#include <cstdio>
#include <string_view>

#include "tpretrain/base/error.h"
#include "tpretrain/interop/safetensors.h"

namespace {

void copy(const tpretrain::fs::path& from, const tpretrain::fs::path& to) {
  const tpretrain::SafetensorsFile file(from);
  tpretrain::save_safetensors(tpretrain::FileSystem::posix(), to, file.tensors(), file.metadata());
}

void print(const tpretrain::fs::path& path) {
  const tpretrain::SafetensorsFile file(path);
  for (const auto& tensor : file.tensors()) {
    std::printf("%s %s [", tensor.name.c_str(), std::string(tensor_type_name(tensor.type)).c_str());
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      std::printf(i == 0 ? "%lld" : ", %lld", static_cast<long long>(tensor.shape[i]));
    }
    std::printf("] %s\n", tpretrain::xxh3_hex(tensor.data.data(), tensor.data.size()).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::string_view(argv[1]) == "copy") {
      copy(argv[2], argv[3]);
    } else if (argc == 3 && std::string_view(argv[1]) == "print") {
      print(argv[2]);
    } else {
      throw tpretrain::UsageError("usage: safetensors_sample copy FROM TO | print FILE");
    }
  } catch (const tpretrain::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(tpretrain::exit_status(error.code()));
  }
  return 0;
}
