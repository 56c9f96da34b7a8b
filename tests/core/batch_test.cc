#include "tpretrain/core/batch.h"

#include <ATen/ops/tensor.h>

#include <gtest/gtest.h>

#include "tests/core/support.h"

namespace tpretrain {
namespace {

using testing::error_of;

Batch words() {
  Batch batch;
  batch.set("text.ids", at::tensor({4, 5, 6}, at::kInt));
  batch.set("ordinal", at::tensor({8, 9}, at::kLong));
  batch.set_number("text.max_length", 2);
  return batch;
}

TEST(Batch, SaysWhatItHoldsWhenANameIsAbsent) {
  EXPECT_EQ(error_of<DataError>([] { words().at("text.segment"); }),
            "the batch has no 'text.segment'; it holds ordinal, text.ids");
  EXPECT_FALSE(words().find("text.segment").defined());
  EXPECT_FALSE(words().has("text.segment"));
  EXPECT_HAS(error_of<DataError>([] { words().number("gone"); }), "no number 'gone'");
}

TEST(Batch, CountsSamplesByOrdinal) {
  EXPECT_EQ(words().samples(), 2);
}

TEST(Batch, MovesTensorsAndKeepsNumbers) {
  const Batch moved = words().to(at::kCPU);
  EXPECT_EQ(moved.at("text.ids")[1].item<int>(), 5);
  EXPECT_EQ(moved.at("text.ids").scalar_type(), at::kInt);
  EXPECT_EQ(moved.number("text.max_length"), 2);
}

TEST(View, PutsItsNameBeforeTheField) {
  const Batch batch = words();
  const View view(batch, "text");
  EXPECT_EQ(view.at("ids")[2].item<int>(), 6);
  EXPECT_EQ(view.number("max_length"), 2);
  EXPECT_FALSE(view.find("segment").defined());
}

}  // namespace
}  // namespace tpretrain
