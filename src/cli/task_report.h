// `eval` on files of tasks: flags and report.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "nybble/tasks.h"

namespace nybble::cli {

// The file of one kind of tasks; at most one is given.
struct TaskFiles {
  std::string hellaswag, multiple_choice, winogrande;

  std::optional<TaskKind> chosen() const;
  const std::string& file() const;
};

// --hellaswag, --multiple-choice and --winogrande; `text` is the option that they replace.
void add_task_flags(CLI::App& verb, TaskFiles& files, CLI::Option& text);

// Runs the tasks and prints what came out.
void show_tasks(const TaskRequest& request, bool json);

}  // namespace nybble::cli
