/// Evaluates the passes of a model on one batch: lazily, each at most once.
#pragma once

#include <map>
#include <string>

#include "tpretrain/core/model.h"

namespace tpretrain {

class PassRunner : public Passes {
 public:
  PassRunner(Model& model, const Batch& batch, const Phase& phase)
      : model_(model), batch_(batch), phase_(phase) {}

  const PassOutput& get(const std::string& pass) override;
  PassOutput run(const std::string& pass, const Batch& batch) override;

 private:
  const PassSpec& spec(const std::string& name) const;
  Sequence encode(const PassSpec& pass, Passes& earlier, const Batch& batch, Call& call);
  Sequence decode(const PassSpec& pass, Passes& earlier, const Batch& batch, Sequence memory,
                  const Call& call);
  void apply_heads(const PassSpec& pass, PassOutput& output, const Call& call);
  PassOutput evaluate(const PassSpec& pass, Passes& earlier, const Batch& batch);

  Model& model_;
  const Batch& batch_;
  Phase phase_;
  std::map<std::string, PassOutput> outputs_;
};

}  // namespace tpretrain
