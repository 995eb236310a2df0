// Questions with given answers: which one does the model find most likely?
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nybble/evaluate.h"
#include "nybble/progress.h"

namespace nybble {

// File formats of llama.cpp's tools/perplexity. hellaswag: six lines a task (context, number of the
// right ending from 0, four endings). winogrande: lines "index,sentence with _,choice 1,choice 2,
// answer 1 or 2". multiple_choice: the binary files that MMLU, ARC and TruthfulQA come in for it.
enum class TaskKind { hellaswag, multiple_choice, winogrande };

struct TaskRequest {
  std::filesystem::path model, file;
  std::filesystem::path lora = {};  // directory of an adapter of PEFT to run with; empty: none
  TaskKind kind = TaskKind::hellaswag;
  Compute compute = Compute::exact;
  int limit = 0;  // only the first tasks; 0: all
  int threads = 0;
  std::uint64_t seed = 1;  // of the bootstrap over tasks
};

struct TaskResult {
  int chosen = 0;  // place of the answer with the highest score
  bool is_right = false;
  std::vector<double> scores;  // of each answer: mean log-probability of its tokens, nats
};

struct TaskReport {
  std::string model, file, file_sha256;
  Estimate accuracy;  // share of tasks answered right
  double chance = 0;  // what guessing would reach
  std::vector<TaskResult> tasks;
  double seconds = 0;
};

// Throws Error: a broken file (naming line or task), or a task that does not fit the context.
TaskReport run_tasks(const TaskRequest& request, const ProgressCallback& progress = {});

}  // namespace nybble
