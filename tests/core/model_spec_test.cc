#include "tpretrain/core/model_spec.h"

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::core_registry;
using testing::model_faults;
using testing::model_spec;
using testing::yaml;

/// Two parts and a target around the passes of a test.
std::string with_passes(const std::string& passes, const std::string& rest = "target: mlm") {
  return R"(
parts:
  in: {view: text, embedding: [word]}
  trunk: {encoder: {transformer: {layers: 2, hidden: 8, heads: 2}}}
  head: {pool: cls}
passes:
)" + passes +
         "\n" + rest + "\n";
}

TEST(ReadModelSpec, ReadsPartsPassesAndRelations) {
  const ModelSpec spec = model_spec(
      with_passes("  a: {input: {in: masked}, encoder: trunk, to_layer: 1, route: text}\n"
                  "  b: {continue: a, from_layer: 1, encoder: trunk, pool: head, project: 5}",
                  "target: [mlm, {mlm: {name: other}}]\ntie: {x: y}\nfreeze: trunk"));
  EXPECT_EQ(spec.part("in")->view, "text");
  EXPECT_EQ(spec.part("trunk")->component.name, "transformer");
  EXPECT_EQ(spec.part("b.project")->project, 5);
  EXPECT_EQ(spec.part("gone"), nullptr);
  EXPECT_EQ(spec.passes[0].input.part, "in");
  EXPECT_EQ(spec.passes[0].input.view, "masked");
  EXPECT_EQ(spec.passes[0].to_layer, 1);
  EXPECT_EQ(spec.passes[0].route, "text");
  EXPECT_EQ(spec.passes[1].source, "a");
  EXPECT_EQ(spec.passes[1].from_layer, 1);
  EXPECT_EQ(spec.targets[0].name, "mlm");
  EXPECT_EQ(spec.targets[1].name, "other");
  EXPECT_EQ(spec.ties.at(0).borrower.text, "x");
  EXPECT_EQ(spec.ties.at(0).owner, "y");
  EXPECT_EQ(spec.freeze.at(0).text, "trunk");
}

TEST(ReadModelSpec, AContinuedPassTakesTheEncoderOfItsSource) {
  const ModelSpec spec = model_spec(with_passes(
      "  a: {input: in, encoder: trunk}\n  b: {continue: a, from_layer: 1, route: joint}"));
  EXPECT_EQ(spec.passes[1].encoder, "trunk");
}

TEST(ReadModelSpec, ReadsEmbeddingsInEverySpelling) {
  const auto embedding = [](const std::string& text) {
    return model_spec("{embedding: " + text + ", encoder: transformer, target: mlm}")
        .part("embedding")
        ->embedding;
  };
  EXPECT_EQ(embedding("word").items.at(0).component.name, "word");
  EXPECT_EQ(embedding("{position: {max: 4}}").items.at(0).component.name, "position");
  EXPECT_EQ(embedding("[word, position]").items.size(), 2U);
  const EmbeddingSpec sum = embedding("{sum: [word], norm: rms, dropout: 0.5, width: 6}");
  EXPECT_EQ(sum.norm.kind, ops::NormKind::kRms);
  EXPECT_EQ(sum.dropout, 0.5);
  EXPECT_EQ(sum.width, 6);
  const EmbeddingSpec nested = embedding("[{sum: [word, segment], norm: layer}, position]");
  EXPECT_EQ(nested.items.at(0).sum.at(0).items.size(), 2U);
  EXPECT_EQ(nested.items.at(1).component.name, "position");
}

TEST(ReadModelSpec, APassThatNamesNoPartGetsTheNearest) {
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: trunc}")),
             "'model.passes.a': encoder names no part 'trunc'; did you mean 'trunk'?");
  EXPECT_HAS(model_faults(with_passes("  a: {inptu: in, encoder: trunk}")),
             "unknown key 'model.passes.a.inptu'; did you mean 'input'?");
}

TEST(ReadModelSpec, APartOfTheWrongKindIsAFault) {
  EXPECT_HAS(model_faults(with_passes("  a: {input: trunk, encoder: trunk}")),
             "input must be a part of kind embedding, but 'trunk' is of kind encoder");
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: head}")),
             "encoder must be a part of kind encoder, but 'head' is of kind pool");
}

TEST(ReadModelSpec, APassMayReadEarlierPassesOnly) {
  const std::string text = "continue must name a pass that stands before it, but is '";
  EXPECT_HAS(model_faults(with_passes("  a: {continue: b, encoder: trunk}\n"
                                      "  b: {input: in, encoder: trunk}")),
             text + "b' instead");
  EXPECT_HAS(model_faults(with_passes("  a: {continue: a, encoder: trunk}")), text + "a' instead");
}

TEST(ReadModelSpec, SlotsOfAPassHoldNames) {
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: {transformer: {layers: 1}}}")),
             "'model.passes.a.encoder' must be a name");
  EXPECT_HAS(model_faults(with_passes("  a: {input: [in, in], encoder: trunk}")),
             "'model.passes.a.input' must be the name of an embedding part");
}

TEST(ReadModelSpec, RulesBetweenTheKeysOfAPass) {
  EXPECT_HAS(model_faults(with_passes("  a: {encoder: trunk}")),
             "'model.passes.a' must have either 'input' or 'continue'");
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: trunk}\n"
                                      "  b: {input: in, continue: a, encoder: trunk}")),
             "'model.passes.b' must have either 'input' or 'continue'");
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: trunk, target_input: in}")),
             "'decoder' and 'target_input' go together");
  EXPECT_HAS(model_faults(with_passes("  a: {input: in, encoder: trunk, to_layer: two}")),
             "'model.passes.a.to_layer' must be a whole number >= 1, but is 'two' instead");
}

TEST(ReadModelSpec, RulesOfParts) {
  const auto part = [](const std::string& text) {
    return model_faults("{parts: {p: " + text + "}, passes: {a: {input: p}}, target: mlm}");
  };
  EXPECT_HAS(part("{embedding: word}"), "'model.parts.p' needs 'view'");
  EXPECT_HAS(part("{view: text}"), "must hold one of embedding, encoder, decoder, pool, project");
  EXPECT_HAS(part("{view: text, embedding: word, encoder: transformer}"),
             "'model.parts.p' is both 'embedding' and 'encoder'");
  EXPECT_HAS(part("{view: text, embeding: word}"),
             "unknown key 'model.parts.p.embeding'; did you mean 'embedding'?");
  EXPECT_HAS(part("{view: text, embedding: wrod}"),
             "unknown embedding 'wrod'; did you mean 'word'");
  EXPECT_HAS(part("{view: text, embedding: {sum: [word], dropout: 1}}"),
             ".dropout' must be a number in [0, 1), but is '1' instead");
  EXPECT_HAS(part("{view: text, embedding: []}"), "must be a list of embeddings");
  EXPECT_HAS(part("{project: 4, bias: maybe}"),
             "'model.parts.p.bias' must be true or false, but is 'maybe' instead");
}

TEST(ReadModelSpec, RulesOfTargetsAndRelations) {
  const std::string pass = "  a: {input: in, encoder: trunk}";
  EXPECT_HAS(model_faults(with_passes(pass, "target: []")), "missing key 'model.target'");
  EXPECT_HAS(model_faults(with_passes(pass, "target: [mlm, mlm]")),
             "two targets are named 'mlm': give one of them a 'name'");
  EXPECT_HAS(model_faults(with_passes(pass, "target: mlmm")),
             "unknown target 'mlmm'; did you mean 'mlm'? (at 'model.target[0]')");
  EXPECT_HAS(model_faults(with_passes(pass, "target: mlm\nshare: {in: trunk}")),
             "model.share: 'in' and 'trunk' must be two parts of one kind");
}

/// Three encoders and whatever is shared.
const std::string kThreeTrunks = R"(
parts:
  in: {view: text, embedding: [word]}
  trunk.a: {encoder: transformer}
  trunk.b: {encoder: transformer}
  trunk.c: {encoder: transformer}
passes:
  a: {input: in, encoder: trunk.a}
  b: {input: in, encoder: trunk.b}
  c: {input: in, encoder: trunk.c}
target: mlm
share: )";

TEST(ReadModelSpec, SharesMayBePatternsAndChains) {
  using Shares = std::map<std::string, std::string>;
  EXPECT_EQ(model_spec(kThreeTrunks + "{trunk.*: trunk.b}").shares,
            (Shares{{"trunk.a", "trunk.b"}, {"trunk.c", "trunk.b"}}));
  EXPECT_EQ(model_spec(kThreeTrunks + "{trunk.a: trunk.b, trunk.b: trunk.c}").shares,
            (Shares{{"trunk.a", "trunk.c"}, {"trunk.b", "trunk.c"}}));
}

TEST(ReadModelSpec, SharesThatLeadNowhereAreFaults) {
  EXPECT_HAS(model_faults(kThreeTrunks + "{trunk.a: trunk.b, trunk.b: trunk.a}"),
             "model.share of 'trunk.a' runs in a circle");
  EXPECT_HAS(model_faults(kThreeTrunks + "{trunk.d: trunk.a}"),
             "model.share: pattern 'trunk.d' matches no part; did you mean 'trunk.a'?");
}

TEST(ReadModelSpec, PartsThatNoPassRunsAreNamed) {
  const std::string pass = "  a: {input: in, encoder: trunk}";
  EXPECT_EQ(model_spec(with_passes(pass)).unused_parts(), std::vector<std::string>{"head"});
  EXPECT_TRUE(model_spec(kThreeTrunks + "{trunk.a: trunk.b}").unused_parts().empty());
}

TEST(WriteModelSpec, TheFullFormReadsBackToTheSame) {
  const ModelSpec spec = model_spec(
      with_passes("  a: {input: {in: masked}, encoder: trunk, to_layer: 1, route: text}\n"
                  "  b: {continue: a, from_layer: 1, encoder: trunk, pool: head, project: 5}",
                  "target: [mlm, {mlm: {name: other}}]\ntie: {x: y}\nfreeze: [trunk, in]"));
  const Node written = write_model_spec(spec, core_registry());
  const Node again = write_model_spec(model_spec(write_yaml(written)), core_registry());
  EXPECT_EQ(write_yaml(again), write_yaml(written));
  const Node* trunk = written.find("parts")->find("trunk")->find("encoder")->find("transformer");
  EXPECT_EQ(trunk->find("layers")->text(), "2");
  EXPECT_EQ(trunk->find("dropout")->text(), "0.1") << "defaults are written out";
  EXPECT_EQ(written.find("passes")->find("a")->find("input")->find("in")->text(), "masked");
}

}  // namespace
}  // namespace tpretrain
