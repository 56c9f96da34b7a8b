/// Parameters of ours for the tests of this folder: shapes of the golden models, numbers in a box.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "tpretrain/interop/convert.h"

namespace tpretrain::testing {

/// Named float32 arrays and the slots that lend them.
class Weights {
 public:
  void add(const std::string& name, std::vector<int64_t> shape, float value = 0) {
    size_t count = 1;
    for (const int64_t size : shape) {
      count *= static_cast<size_t>(size);
    }
    names_.push_back(name);
    shapes_[name] = std::move(shape);
    values_[name].assign(count, value);
  }

  std::vector<float>& operator[](const std::string& name) { return values_.at(name); }

  std::vector<WeightSlot> slots() {
    std::vector<WeightSlot> slots;
    for (const std::string& name : names_) {
      slots.push_back({name, shapes_[name], values_[name], ""});
    }
    return slots;
  }

  void linear(const std::string& name, int64_t in, int64_t out) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }

  void norm(const std::string& name, int64_t width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }

  void encoder(const std::string& name, int64_t layers, int64_t width, int64_t ffn) {
    for (int64_t i = 0; i < layers; ++i) {
      const std::string layer = name + ".layers." + std::to_string(i) + ".";
      linear(layer + "attention.qkv", width, 3 * width);
      linear(layer + "attention.output", width, width);
      norm(layer + "attention.norm", width);
      linear(layer + "ffn.input", width, ffn);
      linear(layer + "ffn.output", ffn, width);
      norm(layer + "ffn.norm", width);
    }
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::vector<int64_t>> shapes_;
  std::map<std::string, std::vector<float>> values_;
};

/// As tools/golden/clip_golden.py builds it: patches of 8 x 8, 4 x 4 of them.
inline Weights clip_weights() {
  Weights weights;
  weights.add("image.embedding.patch.weight", {32, 192});
  weights.add("image.embedding.patch.cls", {32});
  weights.add("image.embedding.position.weight", {17, 32});
  weights.norm("image.encoder.norm_input", 32);
  weights.encoder("image.encoder", 2, 32, 64);
  weights.norm("image.pool.norm", 32);
  weights.add("image.project.weight", {16, 32});
  weights.add("text.embedding.word.weight", {60, 24});
  weights.add("text.embedding.position.weight", {12, 24});
  weights.encoder("text.encoder", 2, 24, 48);
  weights.norm("text.pool.norm", 24);
  weights.add("text.project.weight", {16, 24});
  weights.add("target.contrastive.scale", {1});
  return weights;
}

inline Weights siglip_weights() {
  Weights weights;
  weights.add("image.embedding.patch.weight", {24, 192});
  weights.add("image.embedding.patch.bias", {24});
  weights.add("image.embedding.position.weight", {16, 24});
  weights.encoder("image.encoder", 2, 24, 48);
  weights.norm("image.encoder.norm", 24);
  weights.add("image.pool.probe", {1, 24});
  weights.linear("image.pool.query", 24, 24);
  weights.linear("image.pool.kv", 24, 48);
  weights.linear("image.pool.output", 24, 24);
  weights.norm("image.pool.norm", 24);
  weights.linear("image.pool.ffn.input", 24, 48);
  weights.linear("image.pool.ffn.output", 48, 24);
  weights.add("text.embedding.word.weight", {60, 16});
  weights.add("text.embedding.position.weight", {12, 16});
  weights.encoder("text.encoder", 2, 16, 32);
  weights.norm("text.encoder.norm", 16);
  weights.linear("text.project", 16, 24);
  weights.add("target.sigmoid_contrastive.scale", {1});
  weights.add("target.sigmoid_contrastive.bias", {1});
  return weights;
}

/// `tower`: "image." or "" for the five-part form.
inline Weights vit_weights(const std::string& tower, int64_t grid = 4) {
  Weights weights;
  weights.add(tower + "embedding.patch.weight", {24, 192});
  weights.add(tower + "embedding.patch.bias", {24});
  weights.add(tower + "embedding.patch.cls", {24});
  weights.add(tower + "embedding.position.weight", {1 + grid * grid, 24});
  weights.encoder(tower + "encoder", 2, 24, 48);
  weights.norm(tower + "encoder.norm", 24);
  weights.linear("target.classify.classifier", 24, 5);
  return weights;
}

}  // namespace tpretrain::testing
