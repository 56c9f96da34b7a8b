/// What every processor must do, whatever it makes of its source.
#include <numeric>

#include "tests/components/picture_support.h"
#include "tests/conformance/drive.h"

namespace tpretrain::testing {

namespace {

size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kInt64:
      return 8;
    case DType::kUint8:
      return 1;
    default:
      return 4;
  }
}

size_t view_index(const Processor& processor, const std::string& view) {
  const auto views = processor.views();
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].name == view) {
      return i;
    }
  }
  throw InternalError("no view '" + view + "'");
}

int64_t tokens_of(const Sample& sample, size_t view) {
  return std::accumulate(sample.lengths.at(view).begin(), sample.lengths.at(view).end(),
                         int64_t{0});
}

/// Column sizes by form, row lists inside their view.
void expect_well_formed(const Processor& processor, const Sample& sample) {
  const auto fields = processor.fields();
  const auto views = processor.views();
  ASSERT_EQ(sample.columns.size(), fields.size());
  ASSERT_EQ(sample.lengths.size(), views.size());
  for (size_t v = 0; v < views.size(); ++v) {
    for (const int32_t length : sample.lengths[v]) {
      EXPECT_GE(length, 1);
      EXPECT_LE(length, views[v].max_length);
    }
  }
  for (size_t f = 0; f < fields.size(); ++f) {
    const Field& field = fields[f];
    const auto values = sample.columns[f].bytes.size() / size_of(field.dtype);
    if (field.form == FieldForm::kTokens) {
      const std::string view =
          field.view.empty() ? field.name.substr(0, field.name.find('.')) : field.view;
      EXPECT_EQ(static_cast<int64_t>(values), tokens_of(sample, view_index(processor, view)))
          << field.name;
    } else if (field.form == FieldForm::kRows) {
      for (const int32_t row : ints(sample.columns[f])) {
        EXPECT_GE(row, 0);
        EXPECT_LT(row, tokens_of(sample, view_index(processor, field.view)));
      }
    } else if (field.form == FieldForm::kSample) {
      const size_t expected =
          std::accumulate(field.shape.begin(), field.shape.end(), size_t{1}, std::multiplies<>());
      EXPECT_EQ(values, expected) << field.name;
    }
  }
}

}  // namespace

class ProcessorConformance : public ::testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Processor> processor(uint64_t seed = 1) const {
    return components().make<Processor>(sample_choice(entry_named(GetParam())),
                                        {std::make_shared<FakeTokenizer>(), seed, false});
  }

  std::unique_ptr<SampleStream> stream(uint64_t seed = 1) const {
    const auto opened_by = processor(seed);
    try {
      return opened_by->open(std::make_shared<FakeText>(random_documents(40, 7, 30, 2)));
    } catch (const ConfigError&) {
      return opened_by->open(std::make_shared<FakeItems>(plain_entries(40)));
    }
  }
};

TEST_P(ProcessorConformance, SamplesHaveTheDeclaredForm) {
  const auto made_by = processor();
  const auto samples = stream();
  ASSERT_GT(samples->count(), 0);
  Sample sample;
  for (int64_t i = 0; i < samples->count(); ++i) {
    samples->make(i, 31 * i, sample);
    expect_well_formed(*made_by, sample);
  }
}

TEST_P(ProcessorConformance, ASampleIsAFunctionOfIndexAndOrdinal) {
  const auto samples = stream();
  const auto again = stream();
  Sample first;
  Sample second;
  for (int64_t i = 0; i < samples->count(); ++i) {
    samples->make(i, 5 * i + 1, first);
    again->make(samples->count() - 1 - i, i, second);  // other calls in between change nothing
    again->make(i, 5 * i + 1, second);
    EXPECT_EQ(first.lengths, second.lengths);
    for (size_t c = 0; c < first.columns.size(); ++c) {
      EXPECT_EQ(first.columns[c].bytes, second.columns[c].bytes);
    }
  }
}

TEST_P(ProcessorConformance, TheNumberOfSamplesDependsOnNoSeed) {
  EXPECT_EQ(stream(1)->count(), stream(2)->count());
}

TEST_P(ProcessorConformance, RefusesASourceOfAnotherKind) {
  class Pictures : public Source {
    int64_t items() const override { return 1; }

    std::string hash() const override { return ""; }

    std::string sidecar() const override { return "pictures"; }

    int64_t pieces() const override { return 0; }

    void check(int64_t) const override {}
  };

  const std::string message =
      message_of<ConfigError>([&] { processor()->open(std::make_shared<Pictures>()); });
  EXPECT_NE(message.find("source"), std::string::npos) << message;
}

TEST_P(ProcessorConformance, ComposesWithoutAVocabulary) {
  const auto composed = components().make<Processor>(sample_choice(entry_named(GetParam())),
                                                     {nullptr, 1, /*compose_only=*/true});
  EXPECT_EQ(composed->fields().size(), processor()->fields().size());
}

INSTANTIATE_TEST_SUITE_P(Registry, ProcessorConformance,
                         ::testing::ValuesIn(entry_names({"processor"})), test_name);

}  // namespace tpretrain::testing
