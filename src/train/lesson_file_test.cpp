// Lessons that are kept, and files that must be refused.
#include "train/lesson_file.h"

#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"

namespace nybble::train {
namespace {

using testing::HasSubstr;

const LessonSets some{{{{1, 2, 3}, {}}, {{4, 5, 49151}, {}}}, {{{7, 8, 9}, {}}}};

std::vector<std::vector<std::int32_t>> tokens_in(const std::vector<Lesson>& lessons) {
  std::vector<std::vector<std::int32_t>> tokens;
  for (const Lesson& lesson : lessons) tokens.push_back(lesson.tokens);
  return tokens;
}

class LessonFileOf : public testing::Test {
 protected:
  void expect_refused(const std::string& content, const std::string& sentence,
                      const char* key = "small") {
    folder_.make("lessons", content);
    expect_error([&] { LessonFile(folder_ / "lessons", key).load(); }, ErrorKind::corrupt_file,
                 testing::AllOf(HasSubstr(sentence), HasSubstr("remove it to begin")));
  }
  std::string saved() const {
    file_.save(some);
    return content_of(folder_ / "lessons");
  }

  TemporaryFolder folder_;
  LessonFile file_{folder_ / "lessons", "small"};
};

}  // namespace

TEST_F(LessonFileOf, gives_back_what_it_was_given) {
  EXPECT_FALSE(file_.load());
  saved();
  const auto found = file_.load();
  ASSERT_TRUE(found);
  EXPECT_EQ(tokens_in(found->learned), tokens_in(some.learned));
  EXPECT_EQ(tokens_in(found->held_out), tokens_in(some.held_out));
}

TEST_F(LessonFileOf, cut_changed_or_of_something_else_is_refused) {
  const std::string content = saved();
  for (std::size_t n = 0; n < content.size(); ++n) expect_refused(content.substr(0, n), "");
  for (std::size_t at = 0; at < content.size(); ++at) {
    std::string changed = content;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    expect_refused(changed, "");
  }
  expect_refused(content + "x", "goes on for 1 bytes");
  expect_refused(content, "belongs to another model", "other");
  expect_refused("PK\3\4" + content, "does not begin");
}

TEST_F(LessonFileOf, lengths_beyond_the_file_are_refused) {
  const std::string content = saved();
  const std::size_t count = 17 + 8 + 5;  // behind its name and its key
  for (const std::size_t at : {count, count + 8}) {
    std::string changed = content;
    changed.replace(at, 8, std::string(7, '\xff') + '\x1f');
    expect_refused(changed, at == count ? "expected lessons" : "tokens in");
  }
}

}  // namespace nybble::train
