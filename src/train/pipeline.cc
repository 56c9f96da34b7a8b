#include "tpretrain/train/pipeline.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/Parallel.h>

#include "tpretrain/base/error.h"
#include "tpretrain/base/rng.h"
#include "tpretrain/base/text.h"
#include "tpretrain/ops/ops.h"

namespace tpretrain {
namespace {

ConfigError missing(const std::string& key, const std::string& what) {
  return ConfigError("missing key '" + key + "': " + what);
}

/// "{view}.ids" with the view of whoever reads it.
std::string with_view(const std::string& name, const std::string& view) {
  static const std::string kPlaceholder = "{view}";
  const size_t at = name.find(kPlaceholder);
  return at == std::string::npos
             ? name
             : name.substr(0, at) + view + name.substr(at + kPlaceholder.size());
}

class ReaderCheck {
 public:
  ReaderCheck(const Registry& registry, const Processor& processor) : registry_(registry) {
    for (const Field& field : processor.fields()) {
      written_.insert(field.name);
    }
    for (const Processor::ViewInfo& view : processor.views()) {
      written_.insert(view.name + ".offsets");
    }
    written_.insert("ordinal");
  }

  void check(const std::string& kind, const Choice& choice, const std::string& view) {
    for (const std::string& pattern : registry_.require(kind, choice).info.reads) {
      const std::string name = with_view(pattern, view);
      if (written_.count(name) == 0) {
        const std::vector<std::string> known(written_.begin(), written_.end());
        throw ConfigError(kind + " '" + choice.name + "' reads '" + name +
                              "', which the processor does not write",
                          "the processor writes " + join(known, ", "));
      }
    }
  }

  void check(const EmbeddingSpec& spec, const std::string& view) {
    for (const EmbeddingSpec::Item& item : spec.items) {
      if (item.sum.empty()) {
        check("embedding", item.component, view);
      } else {
        check(item.sum[0], view);
      }
    }
  }

 private:
  const Registry& registry_;
  std::set<std::string> written_;
};

void check_readers(const Recipe& recipe, const Registry& registry, const Processor& processor,
                   const Model& model) {
  ReaderCheck readers(registry, processor);
  for (const PartSpec& part : recipe.model.parts) {
    if (part.kind == "embedding") {
      readers.check(part.embedding, part.view);
    }
  }
  for (const TargetSpec& target : recipe.model.targets) {
    const Node* pass = target.component.config.find("pass");
    readers.check("target", target.component,
                  model.pass_info(pass == nullptr ? "" : pass->text()).view);
  }
}

}  // namespace

std::shared_ptr<const Tokenizer> open_tokenizer(const Recipe& recipe, const Registry& registry) {
  if (!recipe.config.tokenizer) {
    return nullptr;
  }
  return registry.make<Tokenizer>(recipe.config.tokenizer, {});
}

std::shared_ptr<Processor> make_processor(const Recipe& recipe, const Registry& registry,
                                          std::shared_ptr<const Tokenizer> tokenizer, Split split,
                                          ProcessorUse use) {
  if (!recipe.config.data.processor) {
    throw missing("data.processor", "how samples are made from the source");
  }
  const uint64_t seed = hash64(static_cast<uint64_t>(recipe.config.seed),
                               hash64(split == Split::kTrain ? "train" : "valid"));
  const bool compose_only = use == ProcessorUse::kCompose && tokenizer == nullptr;
  return registry.make<Processor>(
      recipe.config.data.processor,
      {std::move(tokenizer), seed, compose_only, split == Split::kTrain});
}

OpenData open_data(const Recipe& recipe, const Registry& registry,
                   std::shared_ptr<const Tokenizer> tokenizer, Split split) {
  const bool train = split == Split::kTrain;
  const Choice& choice = train ? recipe.config.data.train : recipe.config.data.valid;
  if (!choice) {
    throw missing(train ? "data.train" : "data.valid", "where samples come from");
  }
  OpenData data;
  SourceContext context;
  if (tokenizer) {
    context = {tokenizer->size(), tokenizer->hash()};
  }
  data.processor = make_processor(recipe, registry, tokenizer, split, ProcessorUse::kSamples);
  data.source = registry.make<Source>(choice, context);
  data.stream = data.processor->open(data.source);
  return data;
}

int64_t stated_vocabulary(const Recipe& recipe, const Registry& registry) {
  if (!recipe.config.tokenizer) {
    return 0;
  }
  const Node config = registry.require("tokenizer", recipe.config.tokenizer)
                          .complete(recipe.config.tokenizer.config);
  const Node* size = config.find("size");
  return size == nullptr ? 0 : parse_integer(size->text()).value_or(0);
}

std::shared_ptr<Model> make_model(const Recipe& recipe, const Registry& registry,
                                  const Tokenizer* tokenizer, const Processor& processor) {
  ModelContext context;
  context.seed = static_cast<uint64_t>(recipe.config.seed);
  context.vocabulary =
      tokenizer != nullptr ? tokenizer->size() : stated_vocabulary(recipe, registry);
  for (const Processor::ViewInfo& view : processor.views()) {
    context.positions[view.name] = view.max_length;
  }
  auto model = std::make_shared<Model>(recipe.model, context, registry);
  check_readers(recipe, registry, processor, *model);
  return model;
}

int64_t total_steps(const Recipe& recipe, const Processor& processor, int64_t samples) {
  const Quantity& duration = recipe.config.train.duration;
  if (!duration) {
    throw missing("train.duration", "how long to train, for example '10k steps'");
  }
  const auto batch = static_cast<double>(recipe.config.train.batch);
  double steps = duration.value;
  if (duration.unit == "epochs") {
    steps = duration.value * static_cast<double>(samples) / batch;
  } else if (duration.unit == "samples") {
    steps = duration.value / batch;
  } else if (duration.unit == "tokens") {
    int64_t length = 0;  // full rows: the number of steps must not depend on the data read so far
    for (const Processor::ViewInfo& view : processor.views()) {
      length += view.max_length;
    }
    steps = duration.value / (batch * static_cast<double>(std::max<int64_t>(1, length)));
  }
  return std::max<int64_t>(1, static_cast<int64_t>(std::llround(std::ceil(steps))));
}

void configure_compute(const TrainConfig& config) {
  if (config.threads > 0) {
    at::set_num_threads(static_cast<int>(config.threads));
  }
  ops::select_blas(config.blas);
}

}  // namespace tpretrain
