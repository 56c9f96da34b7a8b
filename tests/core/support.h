/// What core tests share: a registry that needs no layer above core, and recipes as text.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tpretrain/base/config.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/text.h"
#include "tpretrain/base/yaml.h"
#include "tpretrain/core/model_spec.h"
#include "tpretrain/core/optimizer.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/core/registry.h"
#include "tpretrain/core/source.h"
#include "tpretrain/core/tokenizer.h"

namespace tpretrain::testing {

struct PlainConfig {
  int64_t size = 7;
  std::string file;

  void describe(ConfigVisitor& v) {
    v.field("size", size, "A number.", {.min = 0, .max = 100});
    v.path("file", file, "A file.");
  }
};

/// An entry that recipes may name and nobody builds.
template <typename Kind>
void add_plain(Registry& registry, const std::string& name) {
  registry.add_made_by<Kind, PlainConfig>(
      {.name = name, .summary = "For tests.", .paper = "", .reads = {}, .ops = {}},
      [](const PlainConfig&, const typename Kind::Context&) { return std::shared_ptr<Kind>(); });
}

inline const Registry& core_registry() {
  static const Registry registry = [] {
    Registry filled;
    register_builtin_components(filled);
    add_plain<Tokenizer>(filled, "words");
    add_plain<Source>(filled, "memory");
    add_plain<Optimizer>(filled, "sgd");
    add_plain<Schedule>(filled, "flat");
    return filled;
  }();
  return registry;
}

inline Node yaml(const std::string& text) {
  return parse_yaml(text, "test.yaml");
}

/// The message of the error that `run` throws, or "" when it throws none.
template <typename ErrorType>
std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "";
}

/// Faults of a model in any form, a line each.
inline std::string model_faults(const std::string& text) {
  Faults faults;
  read_model_spec(expand_model(yaml(text), faults), core_registry(), faults);
  return join(faults.lines(), "\n");
}

inline ModelSpec model_spec(const std::string& text, const Registry& registry = core_registry()) {
  Faults faults;
  ModelSpec spec = read_model_spec(expand_model(yaml(text), faults), registry, faults);
  faults.raise_if_any();
  return spec;
}

#define EXPECT_HAS(text, part) \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << "got: " << (text)

}  // namespace tpretrain::testing
