#include "tpretrain/core/build.h"

#include <torch/nn/module.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"

namespace tpretrain {

Build Build::on(torch::nn::Module& module) const {
  Build bound = *this;
  bound.module_ = &module;
  return bound;
}

Parameter Build::parameter(const std::string& name, std::vector<int64_t> shape, Init init,
                           Bounds bounds) {
  TP_ASSERT(module_ != nullptr);
  TP_ASSERT(name.find('.') == std::string::npos);
  Parameter handle;
  handle.value_ = std::make_shared<at::Tensor>();
  plan_->parameters.push_back(
      {path_ + "." + name, std::move(shape), init, module_, name, handle.value_, bounds});
  return handle;
}

Parameter Build::tied(const std::string& name, std::vector<int64_t> shape,
                      const std::string& owner) {
  Parameter handle = parameter(name, std::move(shape), Init::zeros());
  plan_->ties.push_back({path_ + "." + name, owner});
  return handle;
}

Build Build::child(const std::string& name) {
  TP_ASSERT(module_ != nullptr);
  Build below = *this;
  below.path_ = path_ + "." + name;
  for (const auto& existing : module_->named_children()) {
    if (existing.key() == name) {
      below.module_ = existing.value().get();
      return below;
    }
  }
  below.module_ = module_->register_module(name, std::make_shared<torch::nn::Module>(name)).get();
  return below;
}

Build Build::child(const std::string& name, int64_t index) {
  return child(name).child(std::to_string(index));
}

Build Build::below(const std::string& name, BuildContext context) const {
  return {*plan_, path_.empty() ? name : path_ + "." + name, std::move(context)};
}

uint64_t Build::site(const std::string& name) const {
  return hash64(hash64(path_), hash64(name));
}

int64_t Build::infer(int64_t stated, int64_t inferred, const std::string& key) const {
  const int64_t value = stated != 0 ? stated : inferred;
  if (value == 0) {
    throw ConfigError(context_.component + ": '" + key +
                      "' can not be inferred here and must be stated");
  }
  return value;
}

}  // namespace tpretrain
