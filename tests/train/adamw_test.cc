#include <cmath>

#include <ATen/ops/zeros.h>

#include "tests/train/support.h"
#include "train/optimizers.h"

namespace tpretrain {
namespace {

using testing::choice;
using testing::message_of;
using testing::tiny_bert;
using testing::whole_registry;

const SegmentRule& rule_of(const Model& model, const std::vector<SegmentRule>& rules,
                           const std::string& name) {
  const Segment& segment = *model.buffer().find(name);
  for (const SegmentRule& rule : rules) {
    if (rule.begin == segment.offset && rule.end == segment.offset + segment.length) {
      return rule;
    }
  }
  throw InternalError("no rule for " + name);
}

TEST(SegmentRules, ByDefaultMatricesDecayAndVectorsDoNot) {
  const auto model = tiny_bert();
  const auto rules = segment_rules(model->buffer(), {});
  EXPECT_EQ(rules.size(), model->buffer().segments().size());
  EXPECT_TRUE(rule_of(*model, rules, "target.nsp.classifier.weight").decay);
  EXPECT_FALSE(rule_of(*model, rules, "target.nsp.classifier.bias").decay);
  EXPECT_FALSE(rule_of(*model, rules, "embedding.norm.weight").decay);
  EXPECT_EQ(rules[0].lr, 1);
}

TEST(SegmentRules, TheFirstGroupThatMatchesWins) {
  const auto model = tiny_bert();
  const auto rules = segment_rules(model->buffer(),
                                   {{.match = "target.nsp.classifier.bias", .lr = 3, .decay = true},
                                    {.match = "target.nsp", .lr = 2, .decay = std::nullopt},
                                    {.match = "*.weight", .lr = 0.5, .decay = false}});
  EXPECT_EQ(rule_of(*model, rules, "target.nsp.classifier.bias").lr, 3);
  EXPECT_TRUE(rule_of(*model, rules, "target.nsp.classifier.bias").decay);
  EXPECT_EQ(rule_of(*model, rules, "target.nsp.classifier.weight").lr, 2);
  EXPECT_TRUE(rule_of(*model, rules, "target.nsp.classifier.weight").decay) << "the default stays";
  EXPECT_EQ(rule_of(*model, rules, "embedding.word.weight").lr, 0.5);
  EXPECT_FALSE(rule_of(*model, rules, "embedding.word.weight").decay);
}

TEST(SegmentRules, APatternThatMatchesNothingNamesTheNearest) {
  const auto model = tiny_bert();
  EXPECT_EQ(message_of<ConfigError>(
                [&] { segment_rules(model->buffer(), {{.match = "embedding.word.wieght"}}); }),
            "train.groups: pattern 'embedding.word.wieght' matches no parameter; did you mean "
            "'embedding.word.weight'?");
}

/// Two parameters and the optimizer over them.
class AdamW : public ::testing::Test {
 protected:
  std::shared_ptr<Optimizer> make(const std::string& yaml) {
    Build build = Build(plan_, "m", {}).on(*module_);
    weight_ = build.parameter("weight", {1, 2}, Init::constant(2));
    bias_ = build.parameter("bias", {1}, Init::constant(2));
    buffer_.build(plan_, {}, 1);
    buffer_.grad().fill_(0.5);
    return whole_registry().make<Optimizer>(
        choice(yaml), {&buffer_, segment_rules(buffer_, {{.match = "m.bias", .lr = 10}})});
  }

  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>("m");
  BuildPlan plan_;
  ParameterBuffer buffer_;
  Parameter weight_;
  Parameter bias_;
};

TEST_F(AdamW, TheFirstCorrectedStepIsTheLearningRate) {
  const auto adamw = make("{adamw: {lr: 0.1, eps: 0, weight_decay: 0.01}}");
  adamw->step({.factor = 0.5, .grad_scale = 1, .update = 1});
  // Corrected m / sqrt(v) = sign(g); decay is lr * 0.01 * 2, on the matrix only.
  EXPECT_NEAR((*weight_)[0][1].item<float>(), 2 - 0.05 - 0.05 * 0.01 * 2, 1e-6);
  EXPECT_NEAR((*bias_)[0].item<float>(), 2 - 0.5, 1e-5) << "ten times the rate, no decay";
  EXPECT_DOUBLE_EQ(adamw->learning_rate(0.5), 0.05);
}

TEST_F(AdamW, WithoutBiasCorrectionTheFirstStepIsLarger) {
  const auto adamw = make("{adamw: {lr: 0.1, eps: 0, weight_decay: 0, bias_correction: false}}");
  adamw->step({.factor = 1, .grad_scale = 1, .update = 1});
  // m / sqrt(v) = 0.1 g / (sqrt(0.001) g)
  EXPECT_NEAR((*weight_)[0][0].item<float>(), 2 - 0.1 * 0.1 / std::sqrt(0.001), 1e-5);
}

TEST_F(AdamW, MomentsAreOfTheScaledGradient) {
  const auto adamw = make("{adamw: {lr: 0.1, betas: [0.8, 0.9]}}");
  adamw->step({.factor = 1, .grad_scale = 0.5, .update = 1});
  const auto state = adamw->state();
  ASSERT_EQ(state.size(), 2U);
  EXPECT_EQ(state[0].first, "m");
  EXPECT_NEAR(state[0].second[0].item<float>(), 0.2 * 0.25, 1e-7);
  EXPECT_EQ(state[1].first, "v");
  EXPECT_NEAR(state[1].second[0].item<float>(), 0.1 * 0.0625, 1e-7);
}

}  // namespace
}  // namespace tpretrain
