#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::yaml;

void expect_expands(const std::string& model, const std::string& full) {
  Faults faults;
  const Node expanded = expand_model(yaml(model), faults);
  EXPECT_EQ(join(faults.lines(), "\n"), "");
  EXPECT_EQ(write_yaml(expanded), write_yaml(yaml(full)));
}

std::string expand_faults(const std::string& model) {
  Faults faults;
  expand_model(yaml(model), faults);
  return join(faults.lines(), "\n");
}

TEST(ExpandModel, TheFivePartFormIsOnePassMain) {
  expect_expands(R"(
embedding: [word]
encoder: {transformer: {layers: 2}}
pool: {cls: {dense: tanh}}
project: 3
target: mlm
tie: {a: b}
freeze: [encoder]
)",
                 R"(
parts:
  embedding: {view: text, embedding: [word]}
  encoder: {encoder: {transformer: {layers: 2}}}
  main.pool: {pool: {cls: {dense: tanh}}}
  main.project: {project: 3}
passes:
  main: {input: embedding, encoder: encoder, pool: main.pool, project: main.project}
target: mlm
tie: {a: b}
freeze: [encoder]
)");
}

TEST(ExpandModel, AProjectionMayHaveABias) {
  expect_expands("{embedding: word, encoder: transformer, project: {size: 3, bias: true}}", R"(
parts:
  embedding: {view: text, embedding: word}
  encoder: {encoder: transformer}
  main.project: {project: 3, bias: true}
passes:
  main: {input: embedding, encoder: encoder, project: main.project}
)");
}

TEST(ExpandModel, ADecoderReadsTheTargetView) {
  expect_expands(R"(
embedding: word
encoder: transformer
tgt_embedding: word
decoder: some
target: lm
)",
                 R"(
parts:
  embedding: {view: text, embedding: word}
  encoder: {encoder: transformer}
  tgt_embedding: {view: tgt, embedding: word}
  decoder: {decoder: some}
passes:
  main: {input: embedding, encoder: encoder, decoder: decoder, target_input: tgt_embedding}
target: lm
)");
}

TEST(ExpandModel, ATowerIsTwoPartsAndAPassOfItsName) {
  expect_expands(R"(
towers:
  image: {embedding: [patch], encoder: transformer, pool: cls, project: 4}
  caption: {view: text, embedding: [word], encoder: {transformer: {layers: 1}}}
target: contrastive
share: {caption.encoder: image.encoder}
)",
                 R"(
parts:
  image.embedding: {view: image, embedding: [patch]}
  image.encoder: {encoder: transformer}
  caption.embedding: {view: text, embedding: [word]}
  caption.encoder: {encoder: {transformer: {layers: 1}}}
  image.pool: {pool: cls}
  image.project: {project: 4}
passes:
  image: {input: image.embedding, encoder: image.encoder, pool: image.pool, project: image.project}
  caption: {input: caption.embedding, encoder: caption.encoder}
target: contrastive
share: {caption.encoder: image.encoder}
)");
}

TEST(ExpandModel, TheFullFormComesBackAsItIs) {
  const std::string full = R"(
parts:
  in: {view: text, embedding: [word]}
  trunk: {encoder: transformer}
  head: {pool: cls}
passes:
  a: {input: in, encoder: trunk, pool: head}
target: mlm
)";
  expect_expands(full, full);
}

TEST(ExpandModel, APoolOfAPassThatNamesNoPartBecomesOne) {
  expect_expands(R"(
parts: {in: {view: text, embedding: [word]}, trunk: {encoder: transformer}}
passes: {a: {input: in, encoder: trunk, pool: cls}}
)",
                 R"(
parts: {in: {view: text, embedding: [word]}, trunk: {encoder: transformer}, a.pool: {pool: cls}}
passes: {a: {input: in, encoder: trunk, pool: a.pool}}
)");
}

TEST(ExpandModel, KeysOfAnotherFormAreUnknown) {
  EXPECT_EQ(expand_faults("{embedding: word, encoder: transformer, pol: cls}"),
            "test.yaml:1:41: unknown key 'model.pol'; did you mean 'pool'?");
  EXPECT_HAS(expand_faults("{towers: {}, encoder: transformer}"), "unknown key 'model.encoder'");
  EXPECT_HAS(expand_faults("{parts: {a: {}}, passes: {b: {}}, encoder: x}"),
             "unknown key 'model.encoder'");
  EXPECT_HAS(expand_faults("towers: {image: {embeding: word}}"),
             "unknown key 'model.towers.image.embeding'; did you mean 'embedding'?");
}

TEST(ExpandModel, MissingHalvesAreNamed) {
  EXPECT_HAS(expand_faults("{embedding: word}"), "missing key 'model.encoder'");
  EXPECT_HAS(expand_faults("{encoder: transformer}"), "missing key 'model.embedding'");
  EXPECT_HAS(expand_faults("{embedding: word, encoder: e, decoder: d}"),
             "'model.decoder' needs 'model.tgt_embedding'");
  EXPECT_HAS(expand_faults("{embedding: word, encoder: e, tgt_embedding: d}"),
             "'model.tgt_embedding' needs 'model.decoder'");
  EXPECT_HAS(expand_faults("towers: {image: {embedding: word}}"),
             "'model.towers.image' needs an embedding and an encoder");
}

TEST(ExpandModel, WrongShapesOfTheTreeAreFaults) {
  EXPECT_HAS(expand_faults("towers: 3"), "'model.towers' must be a map of towers");
  EXPECT_HAS(expand_faults("parts: {a: {}}"), "'model.passes' must be a map with at least one");
  EXPECT_HAS(expand_faults("{parts: {}, passes: {a: {}}}"), "'model.parts' must be a map with");
  Faults faults;
  expand_model(Node::scalar("bert", {"test.yaml", 1, 1}), faults);
  EXPECT_EQ(join(faults.lines(), ""), "test.yaml:1:1: 'model' must be a map");
}

}  // namespace
}  // namespace tpretrain
