/// Checkpoints of known content, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "tpretrain/base/fs.h"
#include "tpretrain/train/checkpoint.h"

namespace tpretrain::testing {

inline const fs::path kRun = "runs/test";

inline std::vector<std::string> default_files() {
  return {"model.safetensors", "optimizer-0000.safetensors", "state.safetensors"};
}

/// What file `name` of step `step` holds. `salt` tells runs apart.
inline std::string content_of(int64_t step, const std::string& name, const std::string& salt = "") {
  return name + " of step " + std::to_string(step) + salt + std::string(step % 7, '.');
}

inline ManifestInfo info_of(int64_t step) {
  ManifestInfo info;
  info.samples = step * 256;
  info.tokens = step * 1024;
  info.updates = step;
  info.recipe_hash = "recipe";
  info.plan_hash = "plan";
  info.build_id = "build";
  info.libtorch = "2.11.0";
  info.blas = "openblas";
  return info;
}

/// Writes the files as ranks do, all open at once, then commits.
inline void commit_step(CheckpointStore& store, int64_t step,
                        const std::vector<std::string>& names = default_files(),
                        const std::string& salt = "") {
  const auto writer = store.begin(step);
  std::vector<std::unique_ptr<OutputFile>> files;
  for (const auto& name : names) {
    files.push_back(writer->add_file(name));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string content = content_of(step, names[i], salt);
    files[i]->write(content.data(), content.size());
  }
  for (const auto& file : files) {
    file->close();
  }
  writer->commit(info_of(step));
}

/// True when every file of the checkpoint holds what was written.
inline bool has_content(FileSystem& file_system, const Checkpoint& checkpoint,
                        const std::string& salt = "") {
  for (const auto& file : checkpoint.manifest.files) {
    if (file_system.read_all(checkpoint.file(file.name)) !=
        content_of(checkpoint.step(), file.name, salt)) {
      return false;
    }
  }
  return !checkpoint.manifest.files.empty();
}

inline CheckpointOptions quiet(int keep = 2) {
  CheckpointOptions options;
  options.keep = keep;
  options.threads = 1;
  options.warn = [](const std::string&) {};
  return options;
}

}  // namespace tpretrain::testing
