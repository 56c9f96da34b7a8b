// The shipped recipes have the parameters that their papers' models have.
#include <algorithm>

#include <ATen/core/Tensor.h>

#include <gtest/gtest.h>

#include "tpretrain/core/model.h"
#include "tpretrain/core/recipe.h"
#include "tpretrain/train/pretrain.h"

namespace tpretrain {
namespace {

struct Published {
  const char* recipe;
  int64_t vocabulary;
  int64_t length;  ///< of texts
  int64_t parameters;
};

class PublishedRecipe : public ::testing::TestWithParam<Published> {};

TEST_P(PublishedRecipe, HasThePublishedNumberOfParameters) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(
      std::string(TP_SOURCE_DIR "/configs/") + GetParam().recipe + ".yaml", {}, registry);
  const Model model(
      recipe.model,
      {.seed = 1, .vocabulary = GetParam().vocabulary, .positions = {{"text", GetParam().length}}},
      registry);
  EXPECT_EQ(model.buffer().trained(), GetParam().parameters);
}

std::string recipe_name(const ::testing::TestParamInfo<Published>& info) {
  std::string name = info.param.recipe;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bert, PublishedRecipe,
                         ::testing::Values(Published{"bert/tiny", 30522, 512, 4433468},
                                           Published{"bert/mini", 30522, 512, 11267900},
                                           Published{"bert/small", 30522, 512, 29058876},
                                           Published{"bert/medium", 30522, 512, 41668412},
                                           Published{"bert/base", 30522, 512, 110106428},
                                           Published{"bert/large", 30522, 512, 336226108}),
                         recipe_name);

INSTANTIATE_TEST_SUITE_P(Vision, PublishedRecipe,
                         ::testing::Values(Published{"clip/vit_b32", 49408, 77, 151277313},
                                           Published{"clip/vit_b16", 49408, 77, 149620737},
                                           Published{"clip/vit_l14", 49408, 77, 427616513},
                                           Published{"siglip/vit_b16", 32000, 64, 203155970},
                                           Published{"vit/b16", 0, 0, 86567656}),
                         recipe_name);

TEST(Recipes, TheFullFormBuildsTheSameModelBitForBit) {
  const Registry registry = builtin_registry();
  const Recipe recipe = load_recipe(TP_SOURCE_DIR "/configs/bert/tiny.yaml", {}, registry);
  Faults faults;
  const Node full = expand_model(write_model_spec(recipe.model, registry), faults);
  const ModelSpec again = read_model_spec(full, registry, faults);
  EXPECT_EQ(faults.lines(), std::vector<std::string>());
  const ModelContext context{.seed = 7, .vocabulary = 1000, .positions = {{"text", 512}}};
  const Model a(recipe.model, context, registry);
  const Model b(again, context, registry);
  EXPECT_EQ(a.buffer().segments().size(), b.buffer().segments().size());
  EXPECT_TRUE(a.buffer().flat().equal(b.buffer().flat()));
}

}  // namespace
}  // namespace tpretrain
