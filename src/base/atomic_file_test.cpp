#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string_view>
#include <vector>

#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A full disk for this process: no file may grow beyond the limit.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t limit) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST(atomic_file, appears_whole_when_committed) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "model.gguf", false);
  file.write(bytes("....def"));
  file.write_at(0, bytes("abc"));

  EXPECT_FALSE(fs::exists(folder / "model.gguf"));
  EXPECT_EQ(fs::directory_iterator(folder.path())->path().filename(),
            ".model.gguf.partial-" + std::to_string(::getpid()));
  EXPECT_EQ(file.size(), 7u);
  file.commit();

  EXPECT_EQ(content_of(folder / "model.gguf"), "abc.def");
  EXPECT_EQ(folder.n_entries(), 1u);
}

TEST(atomic_file, leaves_nothing_when_destroyed_before) {
  const TemporaryFolder folder;
  { AtomicFile(folder / "a", false).write(bytes("x")); }
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(atomic_file, leaves_holes_as_zeros) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a", false);
  file.write_at(3, bytes("x"));
  file.commit();
  EXPECT_EQ(content_of(folder / "a"), std::string("\0\0\0x", 4));
}

TEST(atomic_file, replaces_only_when_allowed) {
  const TemporaryFolder folder;
  folder.make("a", "old");
  expect_error([&] { AtomicFile(folder / "a", false); }, ErrorKind::invalid_input,
               AllOf(HasSubstr("exists already"), HasSubstr("--force")));
  { AtomicFile(folder / "a", true).write(bytes("never committed")); }
  EXPECT_EQ(content_of(folder / "a"), "old");

  AtomicFile file(folder / "a", true);
  file.write(bytes("new"));
  file.commit();
  EXPECT_EQ(content_of(folder / "a"), "new");
  EXPECT_EQ(folder.n_entries(), 1u);
}

TEST(atomic_file, does_not_replace_what_another_program_made_meanwhile) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a", false);
  folder.make("a", "theirs");
  expect_error([&] { file.commit(); }, ErrorKind::invalid_input, HasSubstr("another program"));
  EXPECT_EQ(content_of(folder / "a"), "theirs");
}

TEST(atomic_file, replaces_a_link_and_not_what_it_leads_to) {
  const TemporaryFolder folder;
  folder.make("blob", "kept");
  fs::create_symlink("blob", folder / "a");
  AtomicFile file(folder / "a", true);
  file.write(bytes("new"));
  file.commit();
  EXPECT_EQ(content_of(folder / "blob"), "kept");
  EXPECT_EQ(content_of(folder / "a"), "new");
}

TEST(atomic_file, a_link_that_leads_nowhere_exists_too) {
  const TemporaryFolder folder;
  fs::create_symlink("nowhere", folder / "a");
  expect_error([&] { AtomicFile(folder / "a", false); }, ErrorKind::invalid_input,
               HasSubstr("exists already"));
  AtomicFile(folder / "a", true).commit();
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder / "a")));
}

TEST(atomic_file, refuses_places_where_no_file_can_stand) {
  const TemporaryFolder folder;
  expect_error([&] { AtomicFile(folder / "no/a", false); }, ErrorKind::io,
               HasSubstr("No such file or directory"));
  expect_error([&] { AtomicFile(folder.path(), true); }, ErrorKind::invalid_input,
               HasSubstr("a directory"));
  expect_error([&] { AtomicFile("/dev/full", true); }, ErrorKind::invalid_input,
               HasSubstr("a device"));
  expect_error([&] { AtomicFile(folder / "", true); }, ErrorKind::invalid_input,
               HasSubstr("name of a file"));
}

TEST(atomic_file, says_that_the_folder_may_not_be_written) {
  if (::geteuid() == 0) GTEST_SKIP() << "skipped: root may write everywhere";
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  expect_error([&] { AtomicFile(folder / "a", false); }, ErrorKind::io,
               HasSubstr("Permission denied"));
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(atomic_file, takes_long_names) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');  // the longest that file systems take
  AtomicFile(folder / name, false).commit();
  EXPECT_TRUE(fs::exists(folder / name));
}

TEST(atomic_file, says_when_no_more_can_be_written_and_leaves_nothing) {
  const TemporaryFolder folder;
  {
    const FileSizeLimit limit(10000);
    AtomicFile file(folder / "a", false);
    const std::vector<std::byte> block(4096);
    file.write(block);
    file.write(block);
    expect_error([&] { file.write(block); }, ErrorKind::io,
                 AllOf(HasSubstr("/a: "), HasSubstr("after 10.0 kB")));
  }
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(atomic_file, finds_missing_room_before_the_work) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a", false);
  EXPECT_NO_THROW(file.reserve(10000));
  expect_error([&] { file.reserve(std::uint64_t{1} << 60); }, ErrorKind::io,
               AllOf(HasSubstr("needs 1152921.50 TB"), HasSubstr("free; make room")));
  EXPECT_EQ(file.size(), 0u);
}

TEST(commit_together, takes_all_back_when_one_fails) {
  const TemporaryFolder folder;
  folder.make("replaced", "old");
  AtomicFile first(folder / "replaced", true), second(folder / "new", false),
      third(folder / "blocked", false);
  first.write(bytes("1"));
  folder.make("blocked", "theirs");

  AtomicFile* all[] = {&first, &second, &third};
  EXPECT_THROW(commit_together(all), Error);

  EXPECT_EQ(content_of(folder / "replaced"), "old");
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_EQ(content_of(folder / "blocked"), "theirs");
}

TEST(commit_together, leaves_no_temporary_names) {
  const TemporaryFolder folder;
  folder.make("replaced", "old");
  {
    AtomicFile first(folder / "replaced", true), second(folder / "new", false);
    AtomicFile* all[] = {&first, &second};
    commit_together(all);
  }
  EXPECT_EQ(folder.n_entries(), 2u);
}

TEST(refuse_same_file, sees_through_other_names_of_the_input) {
  const TemporaryFolder folder;
  folder.make("in", "x");
  fs::create_symlink("in", folder / "link");
  fs::create_hard_link(folder / "in", folder / "hard");
  for (const char* name : {"in", "link", "hard", "./in"}) {
    expect_error([&] { refuse_same_file(folder / "in", folder / name); }, ErrorKind::invalid_input,
                 HasSubstr("is the input itself"));
  }
  EXPECT_NO_THROW(refuse_same_file(folder / "in", folder / "out"));
}

}  // namespace nybble
