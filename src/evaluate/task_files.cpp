#include "evaluate/task_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/error.h"

namespace nybble::evaluate {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A one-digit number in [low, high].
std::optional<int> digit(std::string_view text, char low, char high) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() != 1 || text[0] < low || text[0] > high) return std::nullopt;
  return text[0] - '0';
}

Question with_right(std::string before, std::vector<std::string> answers, int right) {
  Question question{std::move(before), "", std::move(answers), {}};
  question.is_right.resize(question.answers.size());
  question.is_right[static_cast<std::size_t>(right)] = true;
  return question;
}

// Five fields of a line of CSV; only the second may be quoted.
std::optional<std::array<std::string_view, 5>> split_winogrande(std::string_view line) {
  std::array<std::string_view, 5> fields;
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t end = line.find(',');
    if (line.starts_with('"')) {
      const std::size_t quote = line.find('"', 1);
      if (quote == std::string_view::npos) return std::nullopt;
      end = quote + 1;
      fields[i] = line.substr(1, quote - 1);
    } else if (end != std::string_view::npos) {
      fields[i] = line.substr(0, end);
    }
    if (end >= line.size() || line[end] != ',') return std::nullopt;
    line.remove_prefix(end + 1);
  }
  fields[4] = line;
  return fields;
}

// Little-endian numbers and strings of the binary format, each checked against what is left.
class TaskBytes {
 public:
  TaskBytes(std::string_view bytes, const std::string& where)
      : begin_(bytes), rest_(bytes), where_(where) {}

  std::uint32_t number() {
    std::uint32_t value = 0;
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
    return value;
  }
  std::string string() { return std::string(take(number())); }
  std::size_t left() const { return rest_.size(); }
  std::string_view take(std::size_t n) {
    if (n > rest_.size()) {
      fail(ErrorKind::corrupt_file, "{}: {} bytes at offset {} reach beyond the end of the file",
           where_, n, begin_.size() - rest_.size());
    }
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

 private:
  std::string_view begin_, rest_;
  const std::string& where_;
};

// Answers, then for each whether it is right.
void read_answers(TaskBytes& bytes, const std::string& where, std::size_t task,
                  Question& question) {
  constexpr std::uint32_t most_answers = 100;
  const std::uint32_t n = bytes.number();
  if (n > most_answers) {
    fail(ErrorKind::corrupt_file, "{}: task {} has {} answers, expected at most {}", where, task, n,
         most_answers);
  }
  for (std::uint32_t i = 0; i < n; ++i) question.answers.push_back(bytes.string());
  for (std::uint32_t i = 0; i < n; ++i) question.is_right.push_back(bytes.number() == 1);
}

}  // namespace

std::vector<Question> parse_hellaswag(std::string_view text, const std::string& where) {
  constexpr std::size_t task_lines = 6;
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.empty() || lines.size() % task_lines != 0) {
    fail(ErrorKind::corrupt_file,
         "{}: {} lines, expected six for each task: context, number of the right ending, four "
         "endings",
         where, lines.size());
  }
  std::vector<Question> questions;
  for (std::size_t i = 0; i < lines.size(); i += task_lines) {
    const auto right = digit(lines[i + 1], '0', '3');
    if (!right) {
      fail(ErrorKind::corrupt_file, "{}: line {} is '{}', expected the right ending, 0 to 3", where,
           i + 2, lines[i + 1].substr(0, 40));
    }
    std::vector<std::string> endings;
    for (std::size_t j = 2; j < task_lines; ++j) endings.push_back(" " + std::string(lines[i + j]));
    questions.push_back(with_right(std::string(lines[i]), std::move(endings), *right));
  }
  return questions;
}

std::vector<Question> parse_winogrande(std::string_view text, const std::string& where) {
  std::vector<Question> questions;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (line.empty()) continue;
    const auto fields = split_winogrande(line);
    const auto answer = fields ? digit((*fields)[4], '1', '2') : std::nullopt;
    const std::size_t gap = fields ? (*fields)[1].find('_') : std::string_view::npos;
    if (!answer || gap == std::string_view::npos) {
      fail(ErrorKind::corrupt_file,
           "{}: line {} is not of the form index,sentence with _,choice 1,choice 2,answer (1 or 2)",
           where, number);
    }
    const std::string_view sentence = (*fields)[1];
    Question question =
        with_right(std::string(sentence.substr(0, gap)),
                   {std::string((*fields)[2]), std::string((*fields)[3])}, *answer - 1);
    question.after = sentence.substr(gap + 1);
    questions.push_back(std::move(question));
  }
  if (questions.empty()) fail(ErrorKind::corrupt_file, "{}: holds no task", where);
  return questions;
}

std::vector<Question> parse_multiple_choice(std::string_view content, const std::string& where) {
  TaskBytes bytes(content, where);
  const std::uint32_t n_tasks = bytes.number();
  if (n_tasks == 0) fail(ErrorKind::corrupt_file, "{}: holds no task", where);
  // A table of offsets, for those who read single tasks.
  if (n_tasks > bytes.left() / 4) {
    fail(ErrorKind::corrupt_file, "{}: {} tasks, expected at most {} in a file of its size", where,
         n_tasks, bytes.left() / 4);
  }
  bytes.take(std::size_t{4} * n_tasks);
  std::vector<Question> questions;
  for (std::size_t task = 0; task < n_tasks; ++task) {
    Question question;
    question.before = bytes.string();
    read_answers(bytes, where, task, question);
    Question several_right;  // the same question with more than one right answer: not scored
    read_answers(bytes, where, task, several_right);
    const bool is_whole = !question.before.empty() && question.answers.size() > 1 &&
                          std::ranges::none_of(question.answers, &std::string::empty);
    if (!is_whole) {
      fail(ErrorKind::corrupt_file,
           "{}: task {} has an empty question or answer, or fewer than two answers", where, task);
    }
    for (std::string& answer : question.answers) answer.insert(0, " ");
    questions.push_back(std::move(question));
  }
  return questions;
}

}  // namespace nybble::evaluate
