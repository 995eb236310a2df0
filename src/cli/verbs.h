// The verbs of the program: one file each, one line in the list of verbs.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string_view>

namespace nybble::cli {

// Each adds its subcommand with options, examples and what it does when chosen. What a verb throws
// is its failure.
void add_inspect(CLI::App& program);
void add_convert(CLI::App& program);
void add_calibrate(CLI::App& program);
void add_quantize(CLI::App& program);
void add_train(CLI::App& program);
void add_run(CLI::App& program);
void add_eval(CLI::App& program);
void add_compare(CLI::App& program);
void add_bench(CLI::App& program);
void add_plan(CLI::App& program);
void add_receipt(CLI::App& program);
void add_tokenize(CLI::App& program);
void add_formats(CLI::App& program);
void add_template(CLI::App& program);
void add_pull(CLI::App& program);
void add_completion(CLI::App& program);
void add_version(CLI::App& program);

struct Verb {
  std::string_view name;
  void (*add)(CLI::App& program);
};
// In the order of the help.
std::span<const Verb> all_verbs();

// The program with all its verbs.
void build_program(CLI::App& program);

}  // namespace nybble::cli
