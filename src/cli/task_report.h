// `eval` on files of tasks: flags and report.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nybble/tasks.h"

namespace nybble::cli {

// The file of one kind of tasks; at most one is given.
struct TaskFiles {
  std::string hellaswag, multiple_choice, winogrande;

  std::optional<TaskKind> chosen() const;
  const std::string& file() const;
};

// --hellaswag, --multiple-choice and --winogrande; `others` are options that go with a text only.
void add_task_flags(CLI::App& verb, TaskFiles& files, const std::vector<CLI::Option*>& others);

// Runs the tasks and prints what came out.
void show_tasks(const TaskRequest& request, bool json);

}  // namespace nybble::cli
