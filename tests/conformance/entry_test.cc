/// What stands around every component: sample, page, paper, operators.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

#include <ATen/core/dispatch/Dispatcher.h>

#include "tests/conformance/drive.h"

namespace tpretrain::testing {

namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

class EntryConformance : public ::testing::TestWithParam<std::string> {
 protected:
  const Registry::Entry& entry() const { return entry_named(GetParam()); }

  std::filesystem::path folder() const {
    return std::filesystem::path(TP_SOURCE_DIR) / "components" / entry().kind / entry().info.name;
  }
};

TEST_P(EntryConformance, ItsSampleIsAFaultlessConfig) {
  const Choice choice = sample_choice(entry());
  EXPECT_EQ(choice.name, entry().info.name);
  Faults faults;
  components().check(entry().kind, choice, entry().kind, faults);
  EXPECT_EQ(join(faults.lines(), "\n"), "");
}

TEST_P(EntryConformance, ACompleteConfigReadsBackToItself) {
  const Node complete = entry().complete(sample_choice(entry()).config);
  Faults faults;
  entry().check(complete, entry().info.name, faults);
  EXPECT_EQ(join(faults.lines(), "\n"), "");
  EXPECT_TRUE(entry().complete(complete).same_value(complete));
}

TEST_P(EntryConformance, EveryFieldIsDocumented) {
  for (const FieldDoc& field : entry().fields()) {
    EXPECT_GE(field.doc.size(), 8U) << field.name;
    EXPECT_EQ(field.doc.back(), '.') << field.name;
  }
}

TEST_P(EntryConformance, HasAPageWithItsDeviations) {
  const std::string page = read_text(folder() / "README.md");
  EXPECT_EQ(page.rfind("# " + entry().info.name + "\n", 0), 0U);
  EXPECT_NE(page.find("\n## Deviations\n- "), std::string::npos);
}

TEST_P(EntryConformance, HasASummaryAndAPaper) {
  EXPECT_FALSE(entry().info.summary.empty());
  EXPECT_EQ(entry().info.summary.find('\n'), std::string::npos);
  EXPECT_EQ(entry().info.paper.rfind("https://", 0), 0U) << entry().info.paper;
}

TEST_P(EntryConformance, ItsOperatorsHaveCpuKernels) {
  int without_cuda = 0;
  for (const std::string& op : entry().info.ops) {
    const auto handle = c10::Dispatcher::singleton().findSchema({"tpretrain::" + op, ""});
    ASSERT_TRUE(handle.has_value()) << op;
    EXPECT_TRUE(handle->hasKernelForDispatchKey(c10::DispatchKey::CPU)) << op;
    without_cuda += handle->hasKernelForDispatchKey(c10::DispatchKey::CUDA) ? 0 : 1;
  }
  if (without_cuda > 0) {
    std::cout << GetParam() << ": " << without_cuda << " operators without a CUDA kernel\n";
  }
}

TEST_P(EntryConformance, UsesNoOperatorWhoseBitsDependOnThreads) {
  const std::regex forbidden(
      R"(at::(dot|sum|mean|layer_norm|index_put_?|scatter\w*|index_add_?)\b|)"
      R"(\.(sum|mean|dot|index_put_|scatter\w*_?|index_add_)\(|torch/torch\.h|torch::nn::(Linear|LayerNorm|Embedding))");
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    const std::string extension = file.path().extension().string();
    if (extension == ".cc" || extension == ".h") {
      const std::string code = read_text(file.path());
      std::smatch found;
      EXPECT_FALSE(std::regex_search(code, found, forbidden))
          << file.path() << " uses " << found.str();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EntryConformance, ::testing::ValuesIn(entry_names()), test_name);

TEST(ComponentFolders, AreAllRegistered) {
  const std::filesystem::path root = std::filesystem::path(TP_SOURCE_DIR) / "components";
  int folders = 0;
  for (const auto& kind : std::filesystem::directory_iterator(root)) {
    if (!kind.is_directory()) {
      continue;
    }
    for (const auto& folder : std::filesystem::directory_iterator(kind.path())) {
      ++folders;
      EXPECT_NE(
          components().find(kind.path().filename().string(), folder.path().filename().string()),
          nullptr)
          << folder.path();
    }
  }
  EXPECT_EQ(folders, std::ssize(entry_names()));
}

}  // namespace tpretrain::testing
