#include "cli/task_report.h"

#include <fmt/format.h>

#include "cli/json_report.h"
#include "cli/measurement_report.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"

namespace nybble::cli {
namespace {

Json report_json(const TaskReport& report) {
  Json tasks = Json::array();
  for (const TaskResult& task : report.tasks) {
    tasks.push_back({{"chosen", task.chosen}, {"right", task.is_right}, {"scores", task.scores}});
  }
  return {{"model", report.model},
          {"file", report.file},
          {"file_sha256", report.file_sha256},
          {"accuracy", report.accuracy.value},
          {"accuracy_interval", to_json(report.accuracy)},
          {"chance", report.chance},
          {"count", report.tasks.size()},
          {"seconds", report.seconds},
          {"tasks", tasks}};
}

}  // namespace

std::optional<TaskKind> TaskFiles::chosen() const {
  if (!hellaswag.empty()) return TaskKind::hellaswag;
  if (!multiple_choice.empty()) return TaskKind::multiple_choice;
  if (!winogrande.empty()) return TaskKind::winogrande;
  return std::nullopt;
}

const std::string& TaskFiles::file() const {
  return !hellaswag.empty() ? hellaswag : !multiple_choice.empty() ? multiple_choice : winogrande;
}

void add_task_flags(CLI::App& verb, TaskFiles& files, const std::vector<CLI::Option*>& others) {
  std::vector<CLI::Option*> options{
      verb.add_option("--hellaswag", files.hellaswag,
                      "Tasks instead of a text: six lines each, as llama.cpp reads them"),
      verb.add_option("--multiple-choice", files.multiple_choice,
                      "Tasks in the binary files that llama.cpp reads (MMLU, ARC, TruthfulQA)"),
      verb.add_option("--winogrande", files.winogrande,
                      "Tasks in lines: index,sentence with _,choice 1,choice 2,answer")};
  for (CLI::Option* option : options) {
    option->type_name("FILE");
    for (CLI::Option* other : others) option->excludes(other);
    for (CLI::Option* other : options) {
      if (other != option) option->excludes(other);
    }
  }
}

void show_tasks(const TaskRequest& request, bool json) {
  TaskReport report;
  {
    ProgressLine progress;
    report = run_tasks(request, progress.callback());
  }
  if (json) {
    print_json(report_json(report));
    return;
  }
  fmt::print("model       {}\n", report.model);
  fmt::print("tasks       {}: {}\n", report.file, report.tasks.size());
  fmt::print("right       {}; guessing gives {:.2f} %\n", show_percent(report.accuracy),
             100 * report.chance);
  fmt::print("speed       {:.1f} tasks/s, {}\n",
             static_cast<double>(report.tasks.size()) / report.seconds,
             show_seconds(report.seconds));
}

}  // namespace nybble::cli
