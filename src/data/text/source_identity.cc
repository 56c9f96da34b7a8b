#include "data/text/source_identity.h"

#include <sys/stat.h>

#include <fmt/core.h>

#include "data/text/token_output.h"
#include "tpretrain/base/hash.h"

namespace tpretrain::text {

int64_t stored_bytes(const std::vector<std::string>& files) {
  int64_t total = 0;
  for (const std::string& file : files) {
    struct stat status {};

    if (file == "-" || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return 0;
    }
    total += status.st_size;
  }
  return total;
}

std::string job_identity(const CorpusOptions& options, const Tokenizer& tokenizer) {
  std::string text = options_json(options) + "\n" + tokenizer.hash() + "\n";
  for (const std::string& file : options.files) {
    struct stat status {};

    if (file != "-") {
      ::stat(file.c_str(), &status);
    }
    text += fmt::format("{} {} {}.{}\n", file, static_cast<int64_t>(status.st_size),
                        static_cast<int64_t>(status.st_mtim.tv_sec),
                        static_cast<int64_t>(status.st_mtim.tv_nsec));
  }
  return "tpretrain-preprocess-1 " + xxh3_hex(text.data(), text.size());
}

}  // namespace tpretrain::text
