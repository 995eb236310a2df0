#include "base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>

#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble {

using testing::HasSubstr;

TEST(mapped_file, shows_the_bytes_and_moves) {
  const TemporaryFolder folder;
  MappedFile file(folder.make("a", "abc"));
  MappedFile moved = std::move(file);
  ASSERT_EQ(moved.bytes().size(), 3u);
  EXPECT_EQ(static_cast<char>(moved.bytes()[1]), 'b');
  EXPECT_TRUE(file.bytes().empty());  // NOLINT: what is left of a moved file is promised
  moved = MappedFile(folder.make("b", ""));
  EXPECT_TRUE(moved.bytes().empty());
}

TEST(mapped_file, refuses_what_is_no_file) {
  const TemporaryFolder folder;
  expect_error([&] { MappedFile(folder / "none"); }, ErrorKind::io, HasSubstr("No such file"));
  expect_error([&] { MappedFile{folder.path()}; }, ErrorKind::io, HasSubstr("found a directory"));
  expect_error([&] { MappedFile("/dev/zero"); }, ErrorKind::io, HasSubstr("a device or pipe"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error([&] { MappedFile(folder / "pipe"); }, ErrorKind::io, HasSubstr("a device or pipe"));
}

TEST(read_text_file, reads_all_and_limits_the_size) {
  const TemporaryFolder folder;
  const auto path = folder.make("a", std::string("a\0b\n", 4));
  EXPECT_EQ(read_text_file(path), std::string("a\0b\n", 4));
  EXPECT_EQ(read_text_file(path, 4).size(), 4u);
  expect_error([&] { read_text_file(path, 3); }, ErrorKind::corrupt_file,
               HasSubstr("expected at most 3 bytes, found 4 bytes"));
}

}  // namespace nybble
