// nybble bench: how fast a model runs here.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/json_report.h"
#include "cli/memory_flags.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "nybble/bench.h"
#include "nybble/machine.h"

namespace nybble::cli {
namespace {

struct BenchOptions {
  ModelArgument model;
  BenchRequest request;
  std::string compute = "run";
  bool machine = false, json = false;
};

Json to_json(const BenchReport& report) {
  Json rows = Json::array();
  for (const BenchRow& row : report.rows) {
    rows.push_back({{"test", row.test},
                    {"tokens", row.tokens},
                    {"tokens_per_second", row.tokens_per_second},
                    {"deviation", row.deviation},
                    {"best", row.best},
                    {"percent_of_peak", row.percent_of_peak},
                    {"weight_bytes_per_second", row.weight_bytes_per_second}});
  }
  return {{"model", report.model},
          {"type", report.type},
          {"device", report.device},
          {"file_bytes", report.file_bytes},
          {"parameters", report.parameters},
          {"load_seconds", report.load_seconds},
          {"peak",
           {{"int8_macs", report.peak_int8_macs},
            {"float_macs", report.peak_float_macs},
            {"read_bytes", report.peak_read_bytes}}},
          {"rows", rows}};
}

void print(const BenchReport& report) {
  fmt::print("{}: {}, {}, loaded in {}\n", report.model, report.type, show_bytes(report.file_bytes),
             show_seconds(report.load_seconds));
  fmt::print("{}; peak {:.0f} G int8 and {:.0f} G float products/s, {:.1f} GB/s read\n\n",
             report.device, report.peak_int8_macs * 1e-9, report.peak_float_macs * 1e-9,
             report.peak_read_bytes * 1e-9);
  Table table({"test", ">tokens/s", ">+/-", ">best", ">% of peak", ">GB/s"});
  for (const BenchRow& row : report.rows) {
    table.add({row.test, fmt::format("{:.2f}", row.tokens_per_second),
               fmt::format("{:.2f}", row.deviation), fmt::format("{:.2f}", row.best),
               fmt::format("{:.1f}", row.percent_of_peak),
               fmt::format("{:.2f}", row.weight_bytes_per_second * 1e-9)});
  }
  table.print(stdout);
}

void measure_machine_only(const BenchOptions& options) {
  const MachineReport machine = measure_machine(options.request.threads);
  if (options.json) {
    Json reads = Json::array();
    for (const ReadRate& rate : machine.small_reads)
      reads.push_back({rate.bytes, rate.bytes_per_second});
    print_json({{"cpu", machine.cpu},
                {"isa", machine.isa},
                {"threads", machine.threads},
                {"peak",
                 {{"int8_macs", machine.int8_macs},
                  {"float_macs", machine.float_macs},
                  {"read_bytes", machine.read_bytes}}},
                {"panel_seconds", machine.panel_seconds},
                {"small_reads", reads},
                {"kept", machine.kept.string()}});
    return;
  }
  fmt::print("{}, {}, {} thread{}\n", machine.cpu.empty() ? "CPU" : machine.cpu, machine.isa,
             machine.threads, machine.threads == 1 ? "" : "s");
  fmt::print("{:.0f} G int8 and {:.0f} G float products/s, {:.1f} GB/s read, {:.2f} us a panel\n",
             machine.int8_macs * 1e-9, machine.float_macs * 1e-9, machine.read_bytes * 1e-9,
             machine.panel_seconds * 1e6);
  for (const ReadRate& rate : machine.small_reads)
    fmt::print("models of {:.0f} MB: {:.1f} GB/s\n", rate.bytes * 1e-6,
               rate.bytes_per_second * 1e-9);
  fmt::print("kept in {}\n", machine.kept.string());
}

void execute(BenchOptions& options) {
  if (options.machine) return measure_machine_only(options);
  options.request.model = find_model(options.model);
  options.request.compute = *find_compute(options.compute);
  BenchReport report;
  {
    ProgressLine progress;
    report = bench_model(options.request, progress.callback());
  }
  if (options.json) {
    print_json(to_json(report));
  } else {
    print(report);
  }
}

}  // namespace

void add_bench(CLI::App& program) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = program.add_subcommand("bench", "How fast a model runs here");
  BenchRequest& request = options->request;
  add_model_argument(*verb, options->model);
  verb->add_option("-p,--n-prompt", request.prompts,
                   "Tests of prompts with so many tokens; 0: none")
      ->type_name("N,...")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("-n,--n-gen", request.generations, "Tests that generate so many tokens; 0: none")
      ->type_name("N,...")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("-d,--n-depth", request.depths, "Tokens before each test, which are not timed")
      ->type_name("N,...")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("-r,--repetitions", request.repetitions, "Of each test")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  verb->add_option("-b,--batch-size", request.batch, "Tokens of a prompt that run together")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  verb->add_option("-t,--threads", request.threads, "Threads; default: one per core")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  const auto names = compute_names();
  verb->add_option("--compute", options->compute, "How linears are computed, as in `nybble run`")
      ->type_name("HOW")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())))
      ->capture_default_str();
  add_memory_flags(*verb, request.cache_types, request.repack);
  verb->add_flag("--machine", options->machine,
                 "No model: measure what the machine can do and keep it for `nybble plan`");
  add_json_flag(*verb, options->json);
  verb->footer(
      "% of peak: the time that multiplying, or reading the weights, takes at the peak that was\n"
      "measured just before, over the time of the best repetition.\n"
      "\n"
      "Examples:\n"
      "  nybble bench model-q4.gguf\n"
      "  nybble bench model-q4.gguf -p 1,2,4,8,16,32,512 -n 128 -d 0,4096\n"
      "  nybble bench --machine\n"
      "  nybble bench model-q4.gguf --json | jq '.rows[].tokens_per_second'");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
