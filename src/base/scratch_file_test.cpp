#include "base/scratch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble {
namespace {

TEST(scratch_file, keeps_bytes_and_shows_no_name) {
  const TemporaryFolder folder;
  ScratchFile file(folder.path(), 100);
  const std::vector<std::byte> bytes{std::byte{1}, std::byte{2}, std::byte{3}};

  file.write_at(7, bytes);

  std::vector<std::byte> back(3);
  file.read_at(7, back);
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(scratch_file, names_the_folder_where_none_can_be_made) {
  expect_error([] { ScratchFile("no/such/folder", 1); }, ErrorKind::io,
               testing::HasSubstr("no/such/folder: a temporary file cannot be made"));
}

}  // namespace
}  // namespace nybble
