// Courses that stop and go on with the same bits, and files that must be refused.
#include "train/course_file.h"

#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "train/small_course.h"

namespace nybble::train {
namespace {

using testing::HasSubstr;

constexpr int length = 8;
constexpr const char* key = "small";

struct Stopped {};

// Runs until `stop` steps are done; 0: to the end.
CourseReport run(Student& student, const CourseFile* file, int stop, ThreadPool& pool,
                 bool with_held_out = true) {
  const auto learned = small_lessons(7, length);
  const auto held = small_lessons(with_held_out ? 2 : 0, length);
  const auto objective = answers();
  const CourseOptions options{
      .steps = 10, .batch = 3, .together = 2, .warmup = 2, .clip = 1, .check_every = 3, .seed = 3};
  Course course(student, *objective, learned, held, options, pool);
  if (file != nullptr) course.keep_in(*file);
  return course.run([&](const CoursePoint& point) {
    if (stop > 0 && point.step == stop) throw Stopped();
  });
}

void expect_same(const CourseReport& a, const CourseReport& b) {
  ASSERT_EQ(a.points.size(), b.points.size());
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    EXPECT_EQ(a.points[i].step, b.points[i].step);
    EXPECT_EQ(a.points[i].loss, b.points[i].loss);
    EXPECT_EQ(a.points[i].held_out, b.points[i].held_out);
  }
  EXPECT_EQ(a.best_step, b.best_step);
  EXPECT_EQ(a.best, b.best);
  EXPECT_EQ(a.tokens, b.tokens);
}

// Stopped twice, between looks and at one.
template <class Make>
void expect_resumes(const Make& make, bool with_held_out) {
  ThreadPool pool(2);
  auto whole = make(pool);
  const CourseReport expected = run(whole, nullptr, 0, pool, with_held_out);
  const TemporaryFolder folder;
  const CourseFile file(folder / "state", key);
  for (const int stop : {5, 6}) {
    auto student = make(pool);
    EXPECT_THROW(run(student, &file, stop, pool, with_held_out), Stopped);
  }
  auto student = make(pool);
  const CourseReport report = run(student, &file, 0, pool, with_held_out);
  EXPECT_EQ(report.resumed_step, 6);
  expect_same(report, expected);
  EXPECT_EQ(values_of(student), values_of(whole));
  gradients::Parameters a = student.parameters(), b = whole.parameters();
  std::map<std::string, std::vector<float>> values;
  gradients::for_each(a, [&](const auto& view) { values[view.name] = view.values; });
  gradients::for_each(b, [&](const auto& view) { EXPECT_EQ(values.at(view.name), view.values); });
}

TEST(CourseFile, an_adapter_goes_on_with_the_same_bits) {
  const auto make = [](ThreadPool& pool) { return small_adapter(pool); };
  expect_resumes(make, true);
  expect_resumes(make, false);
}

TEST(CourseFile, a_quantized_model_goes_on_with_the_same_bits) {
  const auto make = [](ThreadPool& pool) { return small_tuned(pool); };
  expect_resumes(make, true);
  expect_resumes(make, false);
}

TEST(CourseFile, moments_in_bytes_go_on_with_the_same_bits) {
  expect_resumes([](ThreadPool& pool) { return small_adapter(pool, {.moments_in_bytes = true}); },
                 true);
  expect_resumes([](ThreadPool& pool) { return small_tuned(pool, {.moments_in_bytes = true}); },
                 true);
}

class HostileCourseFile : public testing::Test {
 protected:
  HostileCourseFile() {
    AdapterStudent student = small_adapter(pool_);
    run(student, &file_, 0, pool_);
    content_ = content_of(folder_ / "state");
  }

  // Refused with a sentence that has this in it, and the student is as it was.
  void expect_refused(const std::string& content, const std::string& sentence,
                      const char* its_key = key) {
    folder_.make("state", content);
    AdapterStudent student = small_adapter(pool_);
    const auto before = values_of(student);
    CourseState state;
    expect_error([&] { CourseFile(folder_ / "state", its_key).load(student, state); },
                 ErrorKind::corrupt_file,
                 testing::AllOf(HasSubstr(sentence), HasSubstr("remove it to begin")));
    EXPECT_EQ(values_of(student), before);
  }

  ThreadPool pool_{2};
  TemporaryFolder folder_;
  CourseFile file_{folder_ / "state", key};
  std::string content_;
};

TEST_F(HostileCourseFile, cut_anywhere) {
  for (std::size_t n = 0; n < 700; n += 7) expect_refused(content_.substr(0, n), "");
  for (std::size_t n = 700; n < content_.size(); n += content_.size() / 23)
    expect_refused(content_.substr(0, n), "expected");
  expect_refused(content_.substr(0, content_.size() - 1), "expected 8 bytes for its sum, found 7");
  expect_refused(content_ + "x", "goes on for 1 bytes");
}

TEST_F(HostileCourseFile, changed_anywhere) {
  for (std::size_t at = 0; at < content_.size(); at += 1 + content_.size() / 211) {
    std::string changed = content_;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    expect_refused(changed, "");
  }
}

TEST_F(HostileCourseFile, lengths_beyond_the_file) {
  std::string changed = content_;
  changed.replace(16, 8, std::string(8, '\xff'));  // of the key
  expect_refused(changed, "expected 18446744073709551615 bytes for its key");
  changed = content_;
  const std::size_t points = 16 + 8 + 5 + 4 + 4 + 8 + 8 + 8;
  changed.replace(points, 8, std::string(7, '\xff') + '\x1f');
  expect_refused(changed, "points");
}

TEST_F(HostileCourseFile, of_something_else) {
  expect_refused(content_, "belongs to another model", "other");
  expect_refused("PK\3\4" + content_, "does not begin");
  folder_.make("state", content_);
  TunedStudent student = small_tuned(pool_);
  CourseState state;
  expect_error([&] { file_.load(student, state); }, ErrorKind::corrupt_file,
               HasSubstr("numbers for values, found"));
}

}  // namespace
}  // namespace nybble::train
