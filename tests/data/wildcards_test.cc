#include "data/wildcards.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/child.h"
#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"

namespace tpretrain::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Wildcards, NamesAreSortedByBytes) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string() + "/";
  for (const char* name : {"b/1.tar", "b/0.tar", "B/2.tar", "a.tar"}) {
    folder.write(name, "");
  }
  EXPECT_THAT(matching_names(root + "*/?.tar"),
              ElementsAre(root + "B/2.tar", root + "b/0.tar", root + "b/1.tar"));
}

TEST(Wildcards, WhatIsNoFolderHasNoNames) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string() + "/";
  folder.write("file", "");
  std::filesystem::create_symlink("nothing", folder.path() / "link");
  for (const char* pattern : {"file/*", "link/*", "missing/*", "*/*"}) {
    EXPECT_THAT(matching_names(root + pattern), IsEmpty()) << pattern;
  }
}

TEST(Wildcards, AFolderThatCannotBeListedIsAnError) {
  const TemporaryFolder folder;
  folder.write("open/1.tar", "");
  folder.write("closed/2.tar", "");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(folder.path() / "closed", std::filesystem::perms::none);
  const ChildResult child = run_child([&folder] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) {
      return 1;
    }
    try {
      matching_names((folder.path() / "*/*.tar").string());
    } catch (const IoError& error) {
      std::fputs(error.what(), stderr);
      return 7;
    }
    return 0;
  });
  std::filesystem::permissions(folder.path() / "closed", std::filesystem::perms::owner_all);
  EXPECT_EQ(child.status, 7);
  EXPECT_THAT(child.error_text, HasSubstr(": the directory cannot be listed: Permission"));
}

}  // namespace
}  // namespace tpretrain::data
