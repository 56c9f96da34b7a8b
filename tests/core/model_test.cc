#include "tpretrain/core/model.h"

#include <algorithm>

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

#include "tests/components/support.h"
#include "tests/core/support.h"
#include "tpretrain/core/target_config.h"

namespace tpretrain {
namespace {

using testing::error_of;
using testing::model_spec;
using testing::text_batch;

struct CountingConfig {
  int64_t layers = 3;

  void describe(ConfigVisitor& v) { v.field("layers", layers, "Layers.", {.min = 1}); }
};

/// Layer i turns x into 2 x + i; every call and its range are noted.
class CountingEncoder : public Encoder {
 public:
  struct Run {
    int64_t first;
    int64_t last;
    std::string route;
  };

  static inline std::vector<Run> runs;

  CountingEncoder(const CountingConfig& config, const Build& build) : layers_(config.layers) {
    unused_ = build.on(*this).parameter("unused", {2}, Init::zeros());
  }

  Sequence forward(Sequence sequence, const Call& call) override {
    const int64_t last = call.last_layer < 0 ? layers_ : call.last_layer;
    runs.push_back({call.first_layer, last, call.route});
    for (int64_t i = call.first_layer; i < last; ++i) {
      if (std::find(call.keep.begin(), call.keep.end(), i) != call.keep.end()) {
        sequence.layers[i] = sequence.x;
      }
      sequence.x = sequence.x * 2 + i;
    }
    return sequence;
  }

  int64_t width() const override { return 8; }

  int64_t layers() const override { return layers_; }

 private:
  int64_t layers_;
  Parameter unused_;
};

/// Sums the hidden states of its pass; one item a sample.
class SumTarget : public Target {
 public:
  SumTarget(const TargetConfig& config, const Build& build)
      : pass_(build.context().pass(config.pass).name), weight_(config.weight) {}

  Counts count(const Batch& batch) const override {
    return {{name(), static_cast<double>(batch.samples())}};
  }

  std::vector<std::string> passes() const override { return {pass_}; }

  Losses forward(Passes& passes, const Batch&, const Call&) override {
    return {{name(), passes.get(pass_).sequence.x.sum(), weight_, at::Tensor()}};
  }

 private:
  std::string pass_;
  double weight_;
};

struct SumConfig : TargetConfig {
  void describe(ConfigVisitor& v) { describe_base(v); }
};

const Registry& registry() {
  static const Registry filled = [] {
    Registry made;
    register_builtin_components(made);
    made.add<Encoder, CountingEncoder, CountingConfig>(
        {.name = "counting", .summary = "For tests.", .paper = "", .reads = {}, .ops = {}});
    made.add<Target, SumTarget, SumConfig>(
        {.name = "sum", .summary = "For tests.", .paper = "", .reads = {}, .ops = {}});
    return made;
  }();
  return filled;
}

std::shared_ptr<Model> make(const std::string& text) {
  CountingEncoder::runs.clear();
  return std::make_shared<Model>(
      model_spec(text, registry()),
      ModelContext{.seed = 3, .vocabulary = 11, .positions = {{"text", 16}}}, registry());
}

const std::string kParts = R"(
parts:
  in: {view: text, embedding: [word]}
  trunk: {encoder: counting}
)";

TEST(Model, EvaluatesAPassOnceForAllItsTargets) {
  const auto model =
      make("{embedding: [word], encoder: counting, target: [sum, {sum: {name: b}}]}");
  const Losses losses = model->forward(text_batch({3, 2}), {});
  EXPECT_EQ(losses.size(), 2U);
  EXPECT_EQ(CountingEncoder::runs.size(), 1U);
  model->forward(text_batch({3, 2}), {});
  EXPECT_EQ(CountingEncoder::runs.size(), 2U) << "another batch is another evaluation";
}

TEST(Model, APassThatNobodyReadsIsNotEvaluated) {
  const auto model = make(kParts + R"(
passes:
  read: {input: in, encoder: trunk, to_layer: 1}
  unread: {input: in, encoder: trunk, to_layer: 2}
target: {sum: {pass: read}}
)");
  model->forward(text_batch({3}), {});
  ASSERT_EQ(CountingEncoder::runs.size(), 1U);
  EXPECT_EQ(CountingEncoder::runs[0].last, 1);
}

TEST(Model, APassContinuesFromTheStateBeforeALayer) {
  const auto model = make(kParts + R"(
passes:
  main: {input: in, encoder: trunk}
  late: {continue: main, from_layer: 2, route: joint}
target: {sum: {pass: late}}
)");
  std::map<std::string, at::Tensor> outputs;
  model->trace(text_batch({3, 2}), {}, outputs);
  ASSERT_EQ(CountingEncoder::runs.size(), 2U);
  EXPECT_EQ(CountingEncoder::runs[1].first, 2);
  EXPECT_EQ(CountingEncoder::runs[1].last, 3);
  EXPECT_EQ(CountingEncoder::runs[1].route, "joint");
  EXPECT_TRUE(at::equal(outputs.at("late.hidden"), outputs.at("main.hidden")));
  EXPECT_TRUE(at::equal(outputs.at("main.layers.2") * 2 + 2, outputs.at("main.hidden")));
}

TEST(Model, APassContinuesFromEmbeddingsAlone) {
  const auto model = make(kParts + R"(
passes:
  embedded: {input: in}
  main: {continue: embedded, encoder: trunk, to_layer: 1}
target: {sum: {pass: main}}
)");
  std::map<std::string, at::Tensor> outputs;
  model->trace(text_batch({3, 2}), {}, outputs);
  EXPECT_TRUE(at::equal(outputs.at("embedded.hidden") * 2, outputs.at("main.hidden")));
}

TEST(Model, APassCanNotContinueFromALayerThatItsSourceDoesNotRun) {
  const auto passes = [](const std::string& main, const std::string& from) {
    return kParts + "passes:\n  main: {input: in, encoder: trunk" + main +
           "}\n  late: {continue: main, from_layer: " + from + "}\ntarget: sum\n";
  };
  EXPECT_EQ(error_of<ConfigError>([&] { make(passes("", "3")); }),
            "pass 'late' continues from layer 3, but pass 'main' runs layers 0 to 2");
  EXPECT_EQ(error_of<ConfigError>([&] { make(passes(", to_layer: 1", "1")); }),
            "pass 'late' continues from layer 1, but pass 'main' runs layers 0 to 0");
}

TEST(Model, SharedPartsAreBuiltOnce) {
  const auto model = make(R"(
towers:
  a: {view: text, embedding: [word], encoder: counting}
  b: {view: text, embedding: [word], encoder: counting}
target: [{sum: {pass: a}}, {sum: {pass: b, name: other}}]
share: {b.encoder: a.encoder}
)");
  EXPECT_NE(model->buffer().find("a.encoder.unused"), nullptr);
  EXPECT_EQ(model->buffer().find("b.encoder.unused"), nullptr);
  model->forward(text_batch({2}), {});
  EXPECT_EQ(CountingEncoder::runs.size(), 2U) << "both passes run it";
}

TEST(Model, PoolsAndProjectsEachSequence) {
  const auto model = make(
      "{embedding: [word], encoder: counting, pool: {cls: {dense: tanh}}, project: 5, target: "
      "sum}");
  const Batch batch = text_batch({3, 1, 2});
  const auto passes = model->passes(batch, {});
  const PassOutput& output = passes->get("");
  EXPECT_EQ(output.sequence.x.sizes(), (std::vector<int64_t>{6, 8}));
  EXPECT_EQ(output.pooled.sizes(), (std::vector<int64_t>{3, 8}));
  EXPECT_EQ(output.projected.sizes(), (std::vector<int64_t>{3, 5}));
  EXPECT_TRUE(output.features().is_same(output.projected));
  const PassInfo info = model->pass_info("");
  EXPECT_EQ(info.name, "main");
  EXPECT_EQ(info.view, "text");
  EXPECT_EQ(info.width, 8);
  EXPECT_EQ(info.pooled, 8);
  EXPECT_EQ(info.projected, 5);
  EXPECT_NE(model->buffer().find("main.project.weight"), nullptr);
  EXPECT_EQ(model->buffer().find("main.project.bias"), nullptr);
}

TEST(Model, RunsAPassOnAnotherBatchWithoutKeepingIt) {
  const auto model = make("{embedding: [word], encoder: counting, target: sum}");
  const Batch batch = text_batch({3});
  const auto passes = model->passes(batch, {});
  EXPECT_EQ(passes->run("main", text_batch({2, 2})).sequence.x.size(0), 4);
  EXPECT_EQ(passes->get("main").sequence.x.size(0), 3);
  passes->get("main");
  EXPECT_EQ(CountingEncoder::runs.size(), 2U);
}

TEST(Model, AnUnknownPassGetsTheNearest) {
  const auto model = make("{embedding: [word], encoder: counting, target: sum}");
  EXPECT_EQ(error_of<ConfigError>([&] { model->pass_info("mian"); }),
            "unknown pass 'mian'; did you mean 'main'?");
  EXPECT_HAS(error_of<ConfigError>([&] {
               make("{embedding: [word], encoder: counting, target: {sum: {pass: mian}}}");
             }),
             "unknown pass 'mian'");
}

TEST(Model, ErrorsOfAPartSayWhatWasBuilt) {
  EXPECT_HAS(error_of<ConfigError>(
                 [] { make("{embedding: [word, word], encoder: counting, target: sum}"); }),
             "while building embedding 'embedding'");
}

TEST(Model, TheObjectiveIsTheSumOfWeightedMeans) {
  const Losses losses = {{"a", at::full({}, 6.0), 0.5, at::Tensor()},
                         {"b", at::full({}, 8.0), 3, at::Tensor()}};
  EXPECT_FLOAT_EQ(Model::objective(losses, {{"a", 4}, {"b", 2}}).item<float>(), 0.75F + 12.0F);
}

TEST(Model, ALossWithoutItemsAddsNothing) {
  const Losses losses = {{"a", at::full({}, 6.0), 1, at::Tensor()},
                         {"b", at::full({}, 0.0), 1, at::Tensor()}};
  EXPECT_FLOAT_EQ(Model::objective(losses, {{"a", 3}, {"b", 0}}).item<float>(), 2.0F);
}

TEST(Model, CountsItemsByTarget) {
  const auto model =
      make("{embedding: [word], encoder: counting, target: [sum, {sum: {name: b}}]}");
  EXPECT_EQ(model->count(text_batch({3, 2})), (Counts{{"sum", 2}, {"b", 2}}));
}

TEST(Model, CountsParametersByPart) {
  const auto model = make("{embedding: [word], encoder: counting, target: sum, freeze: [encoder]}");
  EXPECT_EQ(model->parameters_by_part(),
            (std::vector<std::pair<std::string, int64_t>>{
                {"embedding", 88}, {"encoder", 0}, {"target.sum", 0}}));
}

TEST(Model, KeepsTheDtypeItWasBuiltWith) {
  const auto model = make("{embedding: [word], encoder: counting, target: sum}");
  EXPECT_HAS(error_of<ShapeError>([&] { model->to(at::kDouble); }), "keep the dtype");
  model->to(at::Device(at::kCPU));
  model->buffer().check_views();
}

TEST(Model, ZeroGradIgnoresSetToNone) {
  const auto model = make("{embedding: [word], encoder: counting, target: sum}");
  const Batch batch = text_batch({3});
  Model::objective(model->forward(batch, {}), model->count(batch)).backward();
  EXPECT_GT(model->buffer().grad().abs().sum().item<float>(), 0);
  model->zero_grad(true);
  EXPECT_EQ(model->buffer().grad().abs().sum().item<float>(), 0);
  EXPECT_TRUE(model->parameters().at(0).grad().defined());
}

}  // namespace
}  // namespace tpretrain
