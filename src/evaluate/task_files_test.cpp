#include "evaluate/task_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"

namespace nybble::evaluate {
namespace {

using testing::HasSubstr;

std::string number(std::uint32_t n) {
  return {reinterpret_cast<const char*>(&n), sizeof(n)};
}
std::string text(const std::string& content) {
  return number(static_cast<std::uint32_t>(content.size())) + content;
}
// One task: "2 + 2 =" with 4 right and 5 wrong, and no answers of the second kind.
const std::string binary = number(1) + number(8) + text("2 + 2 =") + number(2) + text("4") +
                           text("5") + number(1) + number(0) + number(0);

void refused(const auto& parse, const std::string& content, const std::string& why) {
  expect_error([&] { parse(content, "tasks"); }, ErrorKind::corrupt_file,
               AllOf(HasSubstr("tasks: "), HasSubstr(why)));
}

}  // namespace

TEST(hellaswag, has_six_lines_a_task) {
  const auto questions =
      parse_hellaswag("A man runs. He\n2\na.\nb.\nc.\nd.\r\nB: x\n0\ne\nf\ng\nh", "tasks");
  ASSERT_EQ(questions.size(), 2u);
  EXPECT_EQ(questions[0].before, "A man runs. He");
  EXPECT_EQ(questions[0].answers, (std::vector<std::string>{" a.", " b.", " c.", " d."}));
  EXPECT_EQ(questions[0].is_right, (std::vector<bool>{false, false, true, false}));
  EXPECT_EQ(questions[1].answers[3], " h");
}

TEST(hellaswag, refuses_what_is_not_a_task) {
  refused(parse_hellaswag, "", "0 lines");
  refused(parse_hellaswag, "a\n0\nb\nc\nd", "5 lines");
  refused(parse_hellaswag, "a\n4\nb\nc\nd\ne\n", "line 2 is '4'");
}

TEST(winogrande, has_a_gap_and_two_choices) {
  const auto questions = parse_winogrande(
      "0,Ann saw Bea because _ looked.,Ann,Bea,2\n1,\"Well, _ said no.\",He,She,1\n", "tasks");
  ASSERT_EQ(questions.size(), 2u);
  EXPECT_EQ(questions[0].before, "Ann saw Bea because ");
  EXPECT_EQ(questions[0].after, " looked.");
  EXPECT_EQ(questions[0].is_right, (std::vector<bool>{false, true}));
  EXPECT_EQ(questions[1].before, "Well, ");
}

TEST(winogrande, refuses_what_is_not_a_task) {
  refused(parse_winogrande, "\n\n", "holds no task");
  for (const char* line : {"0,a _ b,c,d", "0,a b,c,d,1", "0,a _ b,c,d,3", "0,\"a _ b,c,d,1", "x"})
    refused(parse_winogrande, line, "line 1 is not of the form");
}

TEST(multiple_choice, is_read_from_its_binary_form) {
  const auto questions = parse_multiple_choice(binary, "tasks");
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].before, "2 + 2 =");
  EXPECT_EQ(questions[0].answers, (std::vector<std::string>{" 4", " 5"}));
  EXPECT_EQ(questions[0].is_right, (std::vector<bool>{true, false}));
}

TEST(multiple_choice, refuses_hostile_bytes) {
  for (std::size_t n = 0; n < binary.size(); ++n) {
    EXPECT_THROW(parse_multiple_choice(std::string_view(binary).substr(0, n), "tasks"), Error) << n;
  }
  refused(parse_multiple_choice, number(0), "holds no task");
  refused(parse_multiple_choice, number(0xffffffff) + number(0), "4294967295 tasks");
  refused(parse_multiple_choice, number(1) + number(8) + number(0xffffffff) + "x",
          "beyond the end");
  refused(parse_multiple_choice, number(1) + number(8) + text("q") + number(101), "101 answers");
  refused(parse_multiple_choice,
          number(1) + number(8) + text("q") + number(1) + text("a") + number(1) + number(0),
          "fewer than two answers");
}

}  // namespace nybble::evaluate
