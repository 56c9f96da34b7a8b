/// From a recipe to the live things a run needs: tokenizer, samples, model. Shared by every
/// subcommand, so that they all see the same data and the same parameters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tpretrain/core/model.h"
#include "tpretrain/core/processor.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/core/tokenizer.h"

namespace tpretrain {

/// Which draws a processor makes: training and validation never share a stream.
enum class Split { kTrain, kValid };

/// What a processor is for. kCompose: to tell what it would write, perhaps without a vocabulary; it
/// must not be opened. kSamples: to make samples.
enum class ProcessorUse { kCompose, kSamples };

/// Null when the recipe has no tokenizer.
std::shared_ptr<const Tokenizer> open_tokenizer(const Recipe& recipe, const Registry& registry);

/// `tokenizer` may be null. Errors: ConfigError when the processor is to make samples and cannot do
/// without one.
std::shared_ptr<Processor> make_processor(const Recipe& recipe, const Registry& registry,
                                          std::shared_ptr<const Tokenizer> tokenizer, Split split,
                                          ProcessorUse use);

struct OpenData {
  std::shared_ptr<const Source> source;
  std::shared_ptr<Processor> processor;
  std::shared_ptr<const SampleStream> stream;
};

/// Opens a source and makes its samples. Errors name the recipe's key.
OpenData open_data(const Recipe& recipe, const Registry& registry,
                   std::shared_ptr<const Tokenizer> tokenizer, Split split);

/// Entries of the vocabulary that the recipe states, or 0.
int64_t stated_vocabulary(const Recipe& recipe, const Registry& registry);

/// Builds the model of a recipe. `tokenizer` may be null when the recipe states the vocabulary's
/// size. Checks that every batch name that a component reads is written by the processor.
std::shared_ptr<Model> make_model(const Recipe& recipe, const Registry& registry,
                                  const Tokenizer* tokenizer, const Processor& processor);

/// Steps of the run for a stream of `samples` samples.
int64_t total_steps(const Recipe& recipe, const Processor& processor, int64_t samples);

/// Threads and matrix library of the process.
void configure_compute(const TrainConfig& config);

}  // namespace tpretrain
