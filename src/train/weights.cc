#include "train/weights.h"

#include "tpretrain/base/error.h"
#include "tpretrain/base/log.h"
#include "tpretrain/train/checkpoint.h"
#include "train/model_file.h"

namespace tpretrain {
namespace {

Checkpoint open_step(const WeightsFrom& from) {
  const CheckpointReader reader(FileSystem::posix(), from.run);
  if (from.step) {
    return reader.open(*from.step);
  }
  std::optional<Checkpoint> newest = reader.newest([](const RejectedCheckpoint& rejected) {
    log::warn("checkpoint", "rejected " + rejected.directory.string() + ": " + rejected.reason);
  });
  if (!newest) {
    throw CheckpointError(
        "the run " + from.run.string() + " has no checkpoint",
        "`tpretrain pretrain` writes one every `checkpoint.every` and at the end");
  }
  return std::move(*newest);
}

}  // namespace

LoadedWeights load_weights(Model& model, const WeightsFrom& from) {
  if (!from.file.empty()) {
    if (!fs::exists(from.file)) {
      throw NotFoundError("weights " + from.file.string() + " do not exist");
    }
    read_model(SafetensorsFile(from.file), model.buffer(), from.file.string());
    return {from.file, std::nullopt};
  }
  const Checkpoint checkpoint = open_step(from);
  const fs::path file = checkpoint.file(kModelFile);
  read_model(SafetensorsFile(file), model.buffer(), file.string());
  return {checkpoint.directory, checkpoint.step()};
}

}  // namespace tpretrain
