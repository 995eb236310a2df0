#include "api/resume_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble {
namespace {

using ::testing::HasSubstr;

void keep(const ResumeFolder& folder, std::size_t i, const std::string& bytes,
          const TensorResult& result) {
  AtomicFile file = folder.begin(i);
  file.write(std::as_bytes(std::span(bytes)));
  folder.finish(file, result);
}

TEST(resume_folder, gives_back_what_was_kept_under_the_same_key) {
  const TemporaryFolder folder;
  const double error = 0.1 + 1e-17;
  keep(ResumeFolder(folder / "out", "k"), 3, "blocks", {error, "well done"});

  const ResumeFolder again(folder / "out", "k");

  EXPECT_FALSE(again.discarded());
  const auto tensor = again.find(3, 6);
  ASSERT_TRUE(tensor);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor->bytes.data()), 6), "blocks");
  EXPECT_EQ(tensor->result.relative_error, error);
  EXPECT_EQ(tensor->result.note, "well done");
  EXPECT_FALSE(again.find(2, 6));
  EXPECT_FALSE(again.find(3, 100));
}

TEST(resume_folder, discards_what_belongs_to_another_key) {
  const TemporaryFolder folder;
  keep(ResumeFolder(folder / "out", "k"), 0, "blocks", {});

  ResumeFolder other(folder / "out", "other");

  EXPECT_TRUE(other.discarded());
  EXPECT_FALSE(other.find(0, 6));
  other.remove();
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(resume_folder, forgets_what_came_before_its_key) {
  const TemporaryFolder folder;
  folder.make("out.resume/tensor-00000", "left by a run that was killed while it cleared");

  const ResumeFolder work(folder / "out", "k");

  EXPECT_FALSE(work.discarded());
  EXPECT_FALSE(work.find(0, 6));
}

TEST(resume_folder, knows_that_a_run_ended_while_it_put_the_output_in_place) {
  const TemporaryFolder folder;
  ResumeFolder work(folder / "out", "k");
  work.while_placing([&] { EXPECT_TRUE(work.was_placing()); });
  EXPECT_TRUE(work.was_placing());  // until all is removed
  expect_error([&] { work.while_placing([] { fail(ErrorKind::io, "not mine"); }); }, ErrorKind::io,
               HasSubstr("not mine"));
  EXPECT_FALSE(work.was_placing());
}

TEST(resume_folder, leaves_the_files_of_others_alone) {
  const TemporaryFolder folder;
  folder.make("out.resume/thesis.tex", "precious");
  folder.make("out.resume/key", "k");

  expect_error([&] { ResumeFolder(folder / "out", "other"); }, ErrorKind::invalid_input,
               HasSubstr("holds other things, 'thesis.tex' for one"));
  EXPECT_EQ(content_of(folder / "out.resume/thesis.tex"), "precious");
}

TEST(resume_folder, works_for_one_process_at_a_time) {
  const TemporaryFolder folder;
  const ResumeFolder first(folder / "out", "k");
  // The lock is of the open folder, so that a second one in this process is refused too.
  expect_error([&] { ResumeFolder(folder / "out", "k"); }, ErrorKind::invalid_input,
               HasSubstr("another process works there"));
}

}  // namespace
}  // namespace nybble
