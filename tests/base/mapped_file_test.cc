#include <csignal>
#include <sys/mman.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/child.h"
#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain {
namespace {

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

TEST(MappedFile, ShowsTheBytes) {
  const TemporaryFolder folder;
  const MappedFile file(folder.write("a", "hello"));
  EXPECT_EQ(text_of(file), "hello");
  EXPECT_EQ(file.path(), folder.path() / "a");
}

TEST(MappedFile, EmptyFileHasNoData) {
  const TemporaryFolder folder;
  const MappedFile file(folder.write("a", ""));
  EXPECT_EQ(file.size(), 0);
  EXPECT_EQ(file.data(), nullptr);
}

TEST(MappedFile, MissingFileAndDirectoryAreIoErrors) {
  const TemporaryFolder folder;
  EXPECT_THROW(MappedFile(folder.path() / "none"), IoError);
  EXPECT_THROW(MappedFile(folder.path()), IoError);
}

TEST(MappedFile, MovesItsMapping) {
  const TemporaryFolder folder;
  MappedFile one(folder.write("a", "one"));
  MappedFile two(folder.write("b", "two"));
  two = std::move(one);
  EXPECT_EQ(text_of(two), "one");
  const MappedFile three(std::move(two));
  EXPECT_EQ(text_of(three), "one");
  EXPECT_EQ(three.path(), folder.path() / "a");
}

TEST(MappedFile, ShrunkenFileEndsTheProcessWithItsName) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("tokens.bin", std::string(100'000, 'x'));
  const MappedFile other(folder.write("other", "y"));
  const ChildResult child = run_child([&] {
    const MappedFile file(path);
    if (::truncate(path.c_str(), 10) != 0) {
      return 1;
    }
    const volatile std::byte* last = file.data() + file.size() - 1;
    return static_cast<int>(*last) + 2;
  });
  EXPECT_EQ(child.status, 74);
  EXPECT_EQ(child.error_text,
            "tpretrain: FATAL code=74 reason=a mapped file shrank: " + path.string() + "\n");
}

// Sanitizers have a handler of their own for the errors that are not ours.
#if !defined(TPRETRAIN_SANITIZED)

TEST(MappedFile, OtherBusErrorsKeepTheirDefaultAction) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("foreign", std::string(100'000, 'x'));
  const ChildResult child = run_child([&] {
    const MappedFile ours(folder.write("ours", "y"));
    const int descriptor = open(path.c_str(), O_RDONLY);
    const void* memory = mmap(nullptr, 100'000, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED || ::truncate(path.c_str(), 10) != 0) {
      return 1;
    }
    return static_cast<int>(static_cast<const volatile char*>(memory)[99'999]) + 2;
  });
  EXPECT_EQ(child.status, 128 + SIGBUS);
  EXPECT_EQ(child.error_text, "");
}

TEST(MappedFile, ForgottenMappingIsNotNamed) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("a", std::string(100'000, 'x'));
  const fs::path foreign = folder.write("foreign", std::string(100'000, 'x'));
  const ChildResult child = run_child([&] {
    const void* place = MappedFile(path).data();
    const int descriptor = open(foreign.c_str(), O_RDONLY);
    const void* memory =
        mmap(const_cast<void*>(place), 100'000, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0);
    if (memory == MAP_FAILED || ::truncate(foreign.c_str(), 10) != 0) {
      return 1;
    }
    return static_cast<int>(static_cast<const volatile char*>(memory)[99'999]) + 2;
  });
  EXPECT_EQ(child.status, 128 + SIGBUS);
  EXPECT_EQ(child.error_text, "");
}

#endif

}  // namespace
}  // namespace tpretrain
