#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file.h"
#include "base/temporary_folder.h"
#include "tpretrain/base/error.h"
#include "tpretrain/base/fs.h"

namespace tpretrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileSystem& posix() {
  return FileSystem::posix();
}

template <typename Action>
std::string io_error(Action action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

TEST(PosixFileSystem, CreateWritesANewFileOnly) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a";
  const auto file = posix().create(path);
  file->write("hello ", 6);
  file->write("world", 5);
  file->sync();
  file->close();
  EXPECT_EQ(read_file(path), "hello world");
  const std::string error = io_error([&] { posix().create(path); });
  EXPECT_EQ(error, path.string() + ": cannot be created: " + std::strerror(EEXIST));
  EXPECT_EQ(read_file(path), "hello world");
}

TEST(PosixFileSystem, CreateDoesNotFollowALink) {
  const TemporaryFolder folder;
  fs::create_symlink(folder.path() / "target", folder.path() / "link");
  EXPECT_NE(io_error([&] { posix().create(folder.path() / "link"); }), "");
  EXPECT_FALSE(fs::exists(folder.path() / "target"));
}

TEST(PosixFileSystem, AppendKeepsWhatIsThere) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a";
  for (const char* text : {"one", "two"}) {
    const auto file = posix().append(path);
    file->write(text, 3);
    file->close();
  }
  EXPECT_EQ(read_file(path), "onetwo");
}

TEST(PosixFileSystem, FullDiskIsAnIoErrorWithItsText) {
  const auto file = posix().append("/dev/full");
  const std::string error = io_error([&] { file->write("x", 1); });
  EXPECT_EQ(error, std::string("/dev/full: cannot be written: ") + std::strerror(ENOSPC));
}

TEST(PosixFileSystem, FailedSyncIsNotTriedAgain) {
  const auto file = posix().append("/dev/null");
  const std::string first = io_error([&] { file->sync(); });
  EXPECT_THAT(first, HasSubstr("cannot be synced"));
  EXPECT_THAT(io_error([&] { file->sync(); }), HasSubstr("an earlier fsync failed"));
}

TEST(PosixFileSystem, ClosedFileCannotBeClosedAgain) {
  const TemporaryFolder folder;
  const auto file = posix().create(folder.path() / "a");
  file->close();
  EXPECT_NE(io_error([&] { file->close(); }), "");
}

TEST(PosixFileSystem, MakeDirectoryMakesParentsAndAcceptsExistingOnes) {
  const TemporaryFolder folder;
  posix().make_directory(folder.path() / "a/b/c");
  posix().make_directory(folder.path() / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder.path() / "a/b/c"));
  const fs::path file = folder.write("file", "");
  EXPECT_THAT(io_error([&] { posix().make_directory(file); }), HasSubstr(file.string()));
  EXPECT_NE(io_error([&] { posix().make_directory(file / "below"); }), "");
}

TEST(PosixFileSystem, RenameReplacesAndReportsBothNames) {
  const TemporaryFolder folder;
  const fs::path a = folder.write("a", "1");
  const fs::path b = folder.write("b", "2");
  posix().rename(a, b);
  EXPECT_EQ(read_file(b), "1");
  EXPECT_FALSE(fs::exists(a));
  EXPECT_EQ(io_error([&] { posix().rename(a, b); }),
            a.string() + ": cannot be renamed to " + b.string() + ": " + std::strerror(ENOENT));
}

TEST(PosixFileSystem, RemoveTakesTreesAndAbsentNames) {
  const TemporaryFolder folder;
  folder.write("a/b/c", "1");
  const fs::path kept = folder.write("kept", "1");
  fs::create_symlink(kept, folder.path() / "a/link");
  posix().remove(folder.path() / "a");
  posix().remove(folder.path() / "a");
  EXPECT_FALSE(fs::exists(folder.path() / "a"));
  EXPECT_TRUE(fs::exists(kept));
}

TEST(PosixFileSystem, ListIsSorted) {
  const TemporaryFolder folder;
  for (const char* name : {"c", "a", "B", "b10", "b9"}) {
    folder.write(name, "");
  }
  EXPECT_THAT(posix().list(folder.path()), ElementsAre("B", "a", "b10", "b9", "c"));
  EXPECT_NE(io_error([&] { posix().list(folder.path() / "none"); }), "");
}

TEST(PosixFileSystem, ExistsAndSize) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("a", "12345");
  EXPECT_TRUE(posix().exists(path));
  EXPECT_TRUE(posix().exists(folder.path()));
  EXPECT_FALSE(posix().exists(folder.path() / "none"));
  EXPECT_FALSE(posix().exists(path / "none"));
  EXPECT_EQ(posix().size(path), 5);
  EXPECT_NE(io_error([&] { posix().size(folder.path()); }), "");
  EXPECT_NE(io_error([&] { posix().size(folder.path() / "none"); }), "");
}

TEST(PosixFileSystem, SyncDirectoryAndFreeBytes) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(posix().sync_directory(folder.path()));
  EXPECT_GT(posix().free_bytes(folder.path()), 0);
  EXPECT_NE(io_error([&] { posix().sync_directory(folder.write("file", "")); }), "");
  EXPECT_NE(io_error([&] { posix().free_bytes(folder.path() / "none"); }), "");
}

TEST(PosixFileSystem, ReadTakesExactlyWhatIsAsked) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("a", "0123456789");
  char out[4] = {};
  posix().read(path, 3, out, 4);
  EXPECT_EQ(std::string(out, 4), "3456");
  EXPECT_EQ(io_error([&] { posix().read(path, 8, out, 4); }),
            path.string() + ": ends at byte 10, but 4 bytes at 8 were expected");
}

TEST(PosixFileSystem, ReadAllChecksTheLimitFirst) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("a", "0123456789");
  EXPECT_EQ(posix().read_all(path), "0123456789");
  EXPECT_EQ(posix().read_all(path, 10), "0123456789");
  EXPECT_EQ(io_error([&] { posix().read_all(path, 9); }),
            path.string() + ": has 10 B, more than the 9 B allowed here");
  EXPECT_EQ(posix().read_all(folder.write("empty", "")), "");
}

TEST(PosixFileSystem, WriteNewWritesTheWholeText) {
  const TemporaryFolder folder;
  const std::string bytes(3'000'000, 'x');
  posix().write_new(folder.path() / "a", bytes);
  EXPECT_EQ(read_file(folder.path() / "a"), bytes);
  EXPECT_NE(io_error([&] { posix().write_new(folder.path() / "a", "y"); }), "");
}

TEST(PosixFileSystem, ReplaceLeavesNothingBesideTheFile) {
  const TemporaryFolder folder;
  folder.write("a.tmp", "of a killed process");
  posix().replace(folder.path() / "a", "new");
  posix().replace(folder.path() / "a", "newer");
  EXPECT_EQ(read_file(folder.path() / "a"), "newer");
  EXPECT_EQ(posix().list(folder.path()), std::vector<std::string>{"a"});
}

TEST(PosixFileSystem, ReplaceFollowsLinks) {
  const TemporaryFolder folder;
  folder.write("target", "old");
  fs::create_symlink("target", folder.path() / "link");
  posix().replace(folder.path() / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_file(folder.path() / "target"), "new");
}

TEST(PosixFileSystem, ReplaceTakesNothingButFilesAway) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(posix().replace(folder.path() / "pipe", "x"), OutputError);
  EXPECT_TRUE(fs::is_fifo(folder.path() / "pipe"));
  folder.write("a.tmp/notes", "of somebody");
  EXPECT_THROW(posix().replace(folder.path() / "a", "x"), OutputError);
  EXPECT_TRUE(fs::exists(folder.path() / "a.tmp/notes"));
}

// A descriptor that fails `g_failures` times with `g_error`, gives one byte at a time, then ends.
int g_failures = 0;
int g_error = 0;
int g_calls = 0;

ssize_t failing_pread(int, void* out, size_t, off_t offset) {
  ++g_calls;
  if (g_failures > 0) {
    --g_failures;
    errno = g_error;
    return -1;
  }
  if (offset >= 4) {
    return 0;
  }
  *static_cast<char*>(out) = static_cast<char>('a' + offset);
  return 1;
}

std::string read_failing(int failures, int error, size_t size = 4) {
  g_failures = failures;
  g_error = error;
  g_calls = 0;
  std::string out(size, '\0');
  read_exactly(-1, "file", 0, out.data(), size, &failing_pread);
  return out;
}

TEST(ReadExactly, GoesOnAfterShortReadsAndInterruptions) {
  EXPECT_EQ(read_failing(0, 0), "abcd");
  EXPECT_EQ(g_calls, 4);
  EXPECT_EQ(read_failing(7, EINTR), "abcd");
}

TEST(ReadExactly, TriesThreeTimesOnEio) {
  EXPECT_EQ(read_failing(2, EIO), "abcd");
  EXPECT_EQ(io_error([] { read_failing(3, EIO); }),
            std::string("file: cannot be read at byte 0: ") + std::strerror(EIO));
  EXPECT_EQ(g_calls, 3);
}

TEST(ReadExactly, OtherErrorsAndTheEndAreFinal) {
  EXPECT_NE(io_error([] { read_failing(1, EBADF); }), "");
  EXPECT_EQ(g_calls, 1);
  EXPECT_EQ(io_error([] { read_failing(0, 0, 5); }),
            "file: ends at byte 4, but 5 bytes at 0 were expected");
}

}  // namespace
}  // namespace tpretrain
