// The walk of `eval --hellaswag` and its kin: questions to the share answered right.
#include "nybble/tasks.h"

#include <algorithm>
#include <chrono>

#include "api/load_model.h"
#include "api/opened_model.h"
#include "api/sha256.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "evaluate/answer_scores.h"
#include "evaluate/bootstrap.h"

namespace nybble {
namespace {

using Parser = std::vector<evaluate::Question> (*)(std::string_view, const std::string&);
constexpr std::pair<TaskKind, Parser> parsers[] = {
    {TaskKind::hellaswag, evaluate::parse_hellaswag},
    {TaskKind::multiple_choice, evaluate::parse_multiple_choice},
    {TaskKind::winogrande, evaluate::parse_winogrande}};

std::vector<evaluate::Question> read_questions(const TaskRequest& request) {
  const Parser parse =
      std::ranges::find(parsers, request.kind, &std::pair<TaskKind, Parser>::first)->second;
  auto questions = parse(read_text_file(request.file), request.file.string());
  if (request.limit > 0 && questions.size() > static_cast<std::size_t>(request.limit))
    questions.resize(static_cast<std::size_t>(request.limit));
  return questions;
}

std::size_t longest(const std::vector<evaluate::TokenizedQuestion>& questions) {
  std::size_t most = 0;
  for (const evaluate::TokenizedQuestion& question : questions)
    most = std::max(most, question.longest());
  return most;
}

TaskResult judge(const evaluate::Question& question, std::vector<double> scores) {
  const auto best = std::ranges::max_element(scores) - scores.begin();
  return {.chosen = static_cast<int>(best),
          .is_right = question.is_right[static_cast<std::size_t>(best)],
          .scores = std::move(scores)};
}

Estimate accuracy(const std::vector<TaskResult>& tasks, std::uint64_t seed) {
  std::vector<double> right;
  std::vector<std::uint32_t> units;
  for (const TaskResult& task : tasks) {
    units.push_back(static_cast<std::uint32_t>(right.size()));
    right.push_back(task.is_right ? 1 : 0);
  }
  return evaluate::Bootstrap(std::move(units), right.size(), seed).mean(right);
}

}  // namespace

TaskReport run_tasks(const TaskRequest& request, const ProgressCallback& progress) {
  const std::vector<evaluate::Question> questions = read_questions(request);
  const OpenedModel model = open_for_reading(request.model, {}, request.lora);
  std::vector<evaluate::TokenizedQuestion> tokenized;
  for (const evaluate::Question& question : questions)
    tokenized.push_back(evaluate::tokenize(question, *model.tokenizer));
  const auto loaded = load_model(model.source, request.compute, request.threads);
  runtime::Session session(loaded, static_cast<int>(longest(tokenized)));

  TaskReport report{.model = model.label(),
                    .file = request.file.string(),
                    .file_sha256 = api::sha256_of_file(request.file),
                    .accuracy = {},
                    .chance = 0,
                    .tasks = {},
                    .seconds = 0};
  const auto start = std::chrono::steady_clock::now();
  std::size_t n_right = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    report.tasks.push_back(judge(questions[i], evaluate::score_answers(tokenized[i], session)));
    n_right += report.tasks.back().is_right ? 1 : 0;
    report.chance += static_cast<double>(std::ranges::count(questions[i].is_right, true)) /
                     static_cast<double>(questions[i].answers.size() * questions.size());
    if (progress) {
      progress({.step = "evaluate",
                .done = i + 1,
                .total = questions.size(),
                .unit = "tasks",
                .detail = fmt::format("{:.2f} % right", 100.0 * static_cast<double>(n_right) /
                                                            static_cast<double>(i + 1))});
    }
  }
  report.accuracy = accuracy(report.tasks, request.seed);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace nybble
