#include "tpretrain/core/parameters.h"

#include <cstring>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::error_of;

Relation tie(const std::string& borrower, const std::string& owner) {
  return {{borrower, {"recipe.yaml", 3, 7}}, owner};
}

/// Modules a and b, each with a matrix and a bias.
class Parameters : public ::testing::Test {
 protected:
  Parameters() {
    Build a = Build(plan_, "a", {}).on(*a_);
    Build b = Build(plan_, "b", {}).on(*b_);
    a_weight_ = a.parameter("weight", {3, 5}, Init::normal(1));
    a_bias_ = a.parameter("bias", {5}, Init::ones());
    b_weight_ = b.parameter("weight", {3, 5}, Init::normal(1));
    b_table_ = b.parameter("table", {70, 2}, Init::normal(1));
  }

  void build(const ParameterRules& rules = {}) { buffer_.build(plan_, rules, 1); }

  std::string build_error(const ParameterRules& rules) {
    return error_of<ConfigError>([&] { build(rules); });
  }

  const void* place(const std::string& name) const {
    return buffer_.flat().data_ptr<float>() + buffer_.find(name)->offset;
  }

  const void* grad_place(const std::string& name) const {
    return buffer_.grad().data_ptr<float>() + buffer_.find(name)->offset;
  }

  std::shared_ptr<torch::nn::Module> a_ = std::make_shared<torch::nn::Module>("a");
  std::shared_ptr<torch::nn::Module> b_ = std::make_shared<torch::nn::Module>("b");
  std::shared_ptr<torch::nn::Module> c_ = std::make_shared<torch::nn::Module>("c");
  std::shared_ptr<torch::nn::Module> d_ = std::make_shared<torch::nn::Module>("d");
  BuildPlan plan_;
  ParameterBuffer buffer_;
  Parameter a_weight_;
  Parameter a_bias_;
  Parameter b_weight_;
  Parameter b_table_;
};

TEST_F(Parameters, StandInOrderAlignedAndApart) {
  build();
  std::vector<std::string> names;
  int64_t end = 0;
  for (const Segment& segment : buffer_.segments()) {
    names.push_back(segment.name);
    EXPECT_EQ(segment.offset * 4 % 256, 0) << segment.name;
    EXPECT_GE(segment.offset, end) << segment.name;
    end = segment.offset + segment.length;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a.weight", "a.bias", "b.weight", "b.table"}));
  EXPECT_EQ(buffer_.find("b.table")->length, 140);
  EXPECT_EQ(buffer_.flat().numel(), 64 + 64 + 64 + 192);
  EXPECT_EQ(buffer_.trained(), 15 + 5 + 15 + 140);
  EXPECT_EQ(buffer_.find("gone"), nullptr);
  EXPECT_FALSE(buffer_.parameter("gone").defined());
}

TEST_F(Parameters, AreViewsOfTheFlatBufferRegisteredInTheirModule) {
  build();
  EXPECT_EQ(a_weight_->data_ptr(), place("a.weight"));
  EXPECT_EQ(a_weight_->grad().data_ptr(), grad_place("a.weight"));
  EXPECT_TRUE(a_->named_parameters()["weight"].is_same(*a_weight_));
  EXPECT_TRUE(a_weight_->is_leaf());
  EXPECT_TRUE(a_weight_->requires_grad());
  buffer_.flat().fill_(2);
  EXPECT_EQ((*b_table_).sum().item<float>(), 280);
  EXPECT_EQ(buffer_.parameter("b.table").sum().item<float>(), 280);
}

TEST_F(Parameters, AreInitialisedByName) {
  build();
  const at::Tensor expected = at::zeros({3, 5});
  initialise(expected, Init::normal(1), 1, "b.weight");
  EXPECT_EQ(std::memcmp(b_weight_->data_ptr(), expected.data_ptr(), 15 * sizeof(float)), 0);
  EXPECT_EQ((*a_bias_).min().item<float>(), 1);
}

TEST_F(Parameters, BackwardFillsTheFlatGradientAndZeroGradKeepsTheViews) {
  build();
  (*a_weight_).sum().backward();
  (*a_weight_).sum().backward();
  EXPECT_EQ(buffer_.grad().sum().item<float>(), 30);
  EXPECT_EQ(a_weight_->grad().data_ptr(), grad_place("a.weight"));
  buffer_.zero_grad();
  EXPECT_EQ(a_weight_->grad().abs().sum().item<float>(), 0);
  EXPECT_EQ(a_weight_->grad().data_ptr(), grad_place("a.weight"));
  buffer_.check_views();
}

TEST_F(Parameters, ATiedOneIsItsOwnerAndCountsOnce) {
  build({.ties = {tie("b.weight", "a.weight")}, .freeze = {}});
  EXPECT_TRUE(b_weight_.tensor().is_same(a_weight_.tensor()));
  EXPECT_FALSE(b_->named_parameters().contains("weight"));
  EXPECT_EQ(buffer_.trained(), 15 + 5 + 140);
  EXPECT_EQ(buffer_.find("b.weight"), nullptr);
  EXPECT_EQ(buffer_.parameter("b.weight").data_ptr(), place("a.weight"));
  EXPECT_EQ(buffer_.ties().at("b.weight"), "a.weight");
}

TEST_F(Parameters, AModuleStandsForItsWeightAsTheOwnerOfAParameter) {
  build({.ties = {tie("b.weight", "a")}, .freeze = {}});
  EXPECT_TRUE(b_weight_.tensor().is_same(a_weight_.tensor()));
}

TEST_F(Parameters, APatternTiesEverythingBelowToItsCounterpart) {
  Build c = Build(plan_, "more.c", {}).on(*c_);
  Build d = Build(plan_, "more.d", {}).on(*d_);
  const Parameter weight = c.parameter("weight", {3, 5}, Init::normal(1));
  const Parameter bias = c.parameter("bias", {5}, Init::zeros());
  const Parameter other = d.parameter("bias", {5}, Init::zeros());
  build({.ties = {tie("more.*", "a")}, .freeze = {}});
  EXPECT_EQ(buffer_.ties(), (std::map<std::string, std::string>{{"more.c.bias", "a.bias"},
                                                                {"more.c.weight", "a.weight"},
                                                                {"more.d.bias", "a.bias"}}));
  EXPECT_TRUE(weight.tensor().is_same(a_weight_.tensor()));
  EXPECT_TRUE(bias.tensor().is_same(a_bias_.tensor()));
  EXPECT_TRUE(other.tensor().is_same(a_bias_.tensor()));
  EXPECT_TRUE(b_->named_parameters().contains("weight"));
}

TEST_F(Parameters, TheOwnerInsideItsOwnPatternStaysAsItIs) {
  build({.ties = {tie("*.weight", "b.weight")}, .freeze = {}});
  EXPECT_EQ(buffer_.ties(), (std::map<std::string, std::string>{{"a.weight", "b.weight"}}));
}

TEST_F(Parameters, FaultsOfAllRulesComeTogetherWithTheirPlaces) {
  EXPECT_EQ(
      build_error({.ties = {tie("b", "a"), tie("gone.*", "a")},
                   .freeze = {{"nope", {"recipe.yaml", 4, 11}}, {"a", {}}}}),
      "recipe.yaml:3:7: tie of 'b.table': no parameter 'a.table'; did you mean 'b.table'?\n"
      "recipe.yaml:3:7: tie: pattern 'gone.*' matches no parameter; known: a.bias, a.weight, "
      "b.table, b.weight\n"
      "recipe.yaml:4:11: freeze: pattern 'nope' matches no parameter; known: a.weight, a.bias, "
      "b.table");
}

TEST_F(Parameters, ChainsOfTiesEndAtTheLastOwner) {
  Build c = Build(plan_, "c", {}).on(*b_);
  const Parameter borrowed = c.tied("other", {3, 5}, "b");
  build({.ties = {tie("b.weight", "a.weight")}, .freeze = {}});
  EXPECT_TRUE(borrowed.tensor().is_same(a_weight_.tensor()));
  EXPECT_EQ(buffer_.ties().at("c.other"), "a.weight");
}

TEST_F(Parameters, ACircleOfTiesIsAnError) {
  EXPECT_HAS(build_error({.ties = {tie("a.weight", "b.weight"), tie("b.weight", "a.weight")},
                          .freeze = {}}),
             "tie of 'b.weight' runs in a circle");
}

TEST_F(Parameters, ATieToNothingNamesTheNearest) {
  EXPECT_EQ(
      build_error({.ties = {tie("b.weight", "a.wieght")}, .freeze = {}}),
      "recipe.yaml:3:7: tie of 'b.weight': no parameter 'a.wieght'; did you mean 'a.weight'?");
}

TEST_F(Parameters, ATieOfAnotherShapeSaysBoth) {
  EXPECT_EQ(build_error({.ties = {tie("b.table", "a.weight")}, .freeze = {}}),
            "recipe.yaml:3:7: tie: 'b.table' is [70, 2], but 'a.weight' is [3, 5]");
}

TEST_F(Parameters, FrozenOnesHaveNoGradient) {
  build({.ties = {}, .freeze = {{"a", {}}, {"*.table", {}}}});
  EXPECT_FALSE(a_weight_->requires_grad());
  EXPECT_FALSE(a_bias_->grad().defined());
  EXPECT_FALSE(b_table_->requires_grad());
  EXPECT_TRUE(b_weight_->requires_grad());
  EXPECT_EQ(buffer_.trained(), 15);
  buffer_.check_views();
}

TEST_F(Parameters, AFreezePatternThatMatchesNothingIsAnError) {
  EXPECT_HAS(build_error({.ties = {}, .freeze = {{"a.weigth", {}}}}),
             "freeze: pattern 'a.weigth' matches no parameter; did you mean 'a.weight'?");
}

TEST_F(Parameters, TwoOfOneNameAreAnError) {
  Build(plan_, "a", {}).on(*b_).parameter("weight", {1}, Init::zeros());
  EXPECT_HAS(build_error({}), "two parameters are named 'a.weight'");
}

TEST_F(Parameters, AnImpossibleSizeIsRefusedBeforeMemoryIsTaken) {
  Build(plan_, "c", {})
      .on(*b_)
      .parameter("huge", {int64_t{1} << 40, int64_t{1} << 40}, Init::zeros());
  EXPECT_HAS(build_error({}), "impossible size");
}

TEST_F(Parameters, CheckViewsTakesBackAReplacedGradient) {
  build();
  (*a_weight_).sum().backward();  // ones in the buffer
  at::Tensor parameter = *a_weight_;
  parameter.mutable_grad() = at::ones({3, 5}) * 2;
  buffer_.check_views();
  EXPECT_EQ(a_weight_->grad().data_ptr(), grad_place("a.weight"));
  EXPECT_EQ(a_weight_->grad().min().item<float>(), 3);
  parameter.mutable_grad() = at::Tensor();
  buffer_.check_views();
  EXPECT_EQ(a_weight_->grad().data_ptr(), grad_place("a.weight"));
}

TEST_F(Parameters, CheckViewsRefusesAReplacedParameter) {
  build();
  at::Tensor parameter = *b_weight_;
  parameter.set_data(at::zeros({3, 5}));
  EXPECT_HAS(error_of<InternalError>([&] { buffer_.check_views(); }),
             "parameter 'b.weight' no longer points into the flat buffer");
}

}  // namespace
}  // namespace tpretrain
