/// A small model of pictures and texts with its data, in a folder of its own: squares of one colour
/// and what they are called.
#pragma once

#include <array>
#include <string>

#include "cli/project.h"
#include "data/shard/png_writer.h"

namespace tpretrain {

class PairProject : public Project {
 public:
  struct Colour {
    const char* name;
    std::array<uint8_t, 3> rgb;
  };

  static constexpr std::array<Colour, 6> kColours = {{{"red", {220, 20, 20}},
                                                      {"green", {20, 200, 20}},
                                                      {"blue", {20, 20, 220}},
                                                      {"white", {250, 250, 250}},
                                                      {"black", {5, 5, 5}},
                                                      {"yellow", {240, 230, 20}}}};

  PairProject() {
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nsquare\n";
    std::string table = "image\tcaption\n";
    for (const Colour& colour : kColours) {
      const std::string name = colour.name;
      words += name + "\n";
      table += "pictures/" + name + "/1.png\ta " + name + " square\n";
      write("pictures/" + name + "/1.png", square(colour));
    }
    write("words.txt", words);
    write("pairs.tsv", table);
    write("pairs.yaml", pairs());
  }

  /// Enough steps to tell the colours apart.
  void pretrain() const {
    const ProgramResult result = run({"pretrain", "pairs.yaml", "-q"});
    ASSERT_EQ(result.status, 0) << result.err;
  }

  static std::string square(const Colour& colour) {
    Image image{8, 8, {}};
    for (int i = 0; i < 64; ++i) {
      image.pixels.insert(image.pixels.end(), colour.rgb.begin(), colour.rgb.end());
    }
    return data::write_png(image);
  }

 private:
  static std::string pairs() {
    return R"(name: pairs
seed: 1
tokenizer: {wordpiece: {vocab: words.txt, lowercase: true}}
data:
  train: {table: {files: pairs.tsv}}
  valid: {table: {files: pairs.tsv}}
  processor: {image_text: {image: {size: 8}, text: {length: 8}}}
model:
  towers:
    image:
      embedding: [{patch: {size: 4, resolution: 8}}, position]
      encoder: {transformer: {layers: 1, hidden: 16, heads: 2, ffn: 32, order: pre, dropout: 0}}
      pool: mean
      project: 8
    text:
      embedding: [word, {position: {max: 8}}]
      encoder: {transformer: {layers: 1, hidden: 16, heads: 2, ffn: 32, order: pre, dropout: 0}}
      pool: mean
      project: 8
  target: {contrastive: {between: [image, text]}}
train:
  duration: 80 steps
  batch: 6
  optimizer: {adamw: {lr: 1e-2}}
  schedule: constant
  threads: 1
validate:
  zero_shot: {source: {image_folder: {path: pictures}}, templates: ["a {} square", "{}"]}
)";
  }
};

}  // namespace tpretrain
