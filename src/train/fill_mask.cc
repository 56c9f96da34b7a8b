#include "train/fill_mask.h"

#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "tpretrain/base/error.h"
#include "train/rank.h"

namespace tpretrain {
namespace {

/// The labels that masking processors write: who predicts them can fill masks.
constexpr const char* kMaskedTokens = "mlm.labels";

template <typename T>
at::Tensor tensor_of(const std::vector<T>& values, at::ScalarType dtype) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::TensorOptions(dtype));
  std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(T));
  return tensor;
}

/// Null when there is none.
std::shared_ptr<Target> masked_target(const Model& model) {
  for (const auto& target : model.targets()) {
    if (target->token_labels() == kMaskedTokens) {
      return target;
    }
  }
  return nullptr;
}

}  // namespace

MaskFiller::MaskFiller(const TrainedModel& trained)
    : tokenizer_(trained.tokenizer), model_(trained.model), target_(masked_target(*model_)) {
  if (!tokenizer_) {
    throw ConfigError("the recipe has no tokenizer: there is nothing to read a text with");
  }
  if (!target_) {
    throw ConfigError("no target of the model predicts masked tokens",
                      "fill-mask needs a target such as `mlm`");
  }
  view_ = model_->pass_info(target_->passes().at(0)).view;
  for (const Processor::ViewInfo& view : trained.processor->views()) {
    max_length_ = view.name == view_ ? view.max_length : max_length_;
  }
}

bool MaskFiller::fits(const Model& model) {
  return masked_target(model) != nullptr;
}

MaskFiller::Encoded MaskFiller::encode(const std::string& text) const {
  const SpecialIds& special = tokenizer_->special();
  const int32_t mask = tokenizer_->require(special.mask, "[MASK]");
  Encoded encoded;
  encoded.ids.push_back(tokenizer_->require(special.cls, "[CLS]"));
  tokenizer_->encode(text, encoded.ids);
  encoded.ids.push_back(tokenizer_->require(special.sep, "[SEP]"));
  const auto length = static_cast<int64_t>(encoded.ids.size());
  if (length > max_length_) {
    throw DataError("the text has " + std::to_string(length) + " tokens, but the model reads " +
                    std::to_string(max_length_) + " at most");
  }
  for (int64_t i = 0; i < length; ++i) {
    if (encoded.ids[static_cast<size_t>(i)] == mask) {
      encoded.masks.push_back(i);
    }
  }
  if (encoded.masks.empty()) {
    throw DataError("the text has no [MASK]: '" + text + "'",
                    "write [MASK] where a token is to be guessed");
  }
  return encoded;
}

Batch MaskFiller::batch_of(const Encoded& encoded) const {
  const auto length = static_cast<int64_t>(encoded.ids.size());
  Batch batch;
  batch.set("ordinal", at::zeros({1}, at::TensorOptions(at::kLong)));
  batch.set(view_ + ".ids", tensor_of(encoded.ids, at::kInt));
  batch.set(view_ + ".offsets",
            tensor_of(std::vector<int32_t>{0, static_cast<int32_t>(length)}, at::kInt));
  batch.set(view_ + ".segment", at::zeros({length}, at::TensorOptions(at::kInt)));
  batch.set_number(view_ + ".max_length", length);
  return batch;
}

MaskAnswer MaskFiller::answer(const at::Tensor& row, int64_t position, int64_t count) const {
  const at::Tensor scores = row.narrow(0, 0, tokenizer_->size()).to(at::kCPU, at::kFloat);
  const at::Tensor shares = at::softmax(scores, 0, at::kDouble);
  MaskAnswer answer{position, {}};
  for (const int64_t id : best_of(scores, count)) {
    answer.ranked.push_back({static_cast<int32_t>(id), tokenizer_->piece(static_cast<int32_t>(id)),
                             shares[id].item<double>(), scores[id].item<float>()});
  }
  return answer;
}

std::vector<MaskAnswer> MaskFiller::fill(const std::string& text, int64_t count) {
  const c10::NoGradGuard no_grad;
  const Encoded encoded = encode(text);
  const Batch batch = batch_of(encoded);
  const Phase phase;
  const auto passes = model_->passes(batch, phase);
  const at::Tensor scores = target_->token_scores(*passes, tensor_of(encoded.masks, at::kLong),
                                                  model_->call(phase, "target." + target_->name()));
  std::vector<MaskAnswer> answers;
  for (size_t i = 0; i < encoded.masks.size(); ++i) {
    answers.push_back(answer(scores[static_cast<int64_t>(i)], encoded.masks[i], count));
  }
  return answers;
}

}  // namespace tpretrain
