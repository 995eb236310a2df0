// nybble plan: which type of which model fits, how fast, at what loss.
#include <fmt/format.h>

#include <memory>

#include "cli/model_argument.h"
#include "cli/plan_report.h"
#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "nybble/plan.h"

namespace nybble::cli {
namespace {

struct PlanOptions {
  PlanRequest request;
  std::string memory, vram;
  bool list = false, offline = false, json = false;
};

bool is_known(const std::string& model) {
  for (const KnownModel& known : known_models()) {
    if (known.name == model ||
        (" " + known.aliases + " ").find(" " + model + " ") != std::string::npos)
      return true;
  }
  return false;
}

// Of a repository only its config.json is pulled.
std::string resolve(const std::string& model, bool offline) {
  std::error_code ignored;
  const bool is_reference = model.find('/') != std::string::npos;
  if (is_known(model) || !is_reference || std::filesystem::exists(model, ignored)) return model;
  return find_model("hf://" + model + "/config.json", offline).string();
}

void print_known() {
  Table models({"model", "also"});
  for (const KnownModel& model : known_models()) models.add({model.name, model.aliases});
  models.print(stdout);
  fmt::print("\n");
  Table devices({"device", "kind", ">GB", ">GB/s", "source"});
  for (const DeviceSummary& device : known_devices()) {
    const auto size = static_cast<double>(device.memory_bytes);
    devices.add({device.name, device.kind, size > 0 ? fmt::format("{:.0f}", size * 1e-9) : "",
                 fmt::format("{:.0f}", device.bandwidth * 1e-9), device.source});
  }
  devices.print(stdout);
}

void execute(PlanOptions& options) {
  if (options.list) return print_known();
  PlanRequest& request = options.request;
  if (!options.memory.empty()) request.memory_bytes = parse_size(options.memory, "--memory");
  if (!options.vram.empty()) request.vram_bytes = parse_size(options.vram, "--vram");
  for (std::string& model : request.models) model = resolve(model, options.offline);
  const PlanReport report = plan(request);
  if (options.json) {
    print_json(to_json(report));
    return;
  }
  print(report);
  if (!request.page.empty()) fmt::print("wrote {}\n", request.page.string());
}

void add_machine_flags(CLI::App& verb, PlanOptions& options) {
  PlanRequest& request = options.request;
  verb.add_option("--memory", options.memory,
                  "Memory that may be used; default: what this machine has available")
      ->type_name("SIZE");
  verb.add_option("--vram", options.vram, "Memory of a GPU; layers go there while they fit")
      ->type_name("SIZE");
  verb.add_option("--device", request.device,
                  "Another machine than this one, as --list names it: \"RTX 4090\", m2-max")
      ->type_name("NAME");
  verb.add_option("-t,--threads", request.threads, "Threads of this machine; default: one per core")
      ->type_name("N")
      ->check(CLI::Range(0, 4096));
}

void add_load_flags(CLI::App& verb, PlanOptions& options) {
  PlanRequest& request = options.request;
  verb.add_option("--type", request.types, "Only these types; default: nine from F16 to IQ2_XXS")
      ->type_name("TYPE,...")
      ->delimiter(',');
  verb.add_option("-c,--ctx-size", request.context,
                  "Positions of each user; default: 8192, or the model's own if less")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--cache-type-k", request.key_type,
                  "Format of the cache's keys, as nybble run has it (also -ctk); default: F16")
      ->type_name("TYPE");
  verb.add_option("--cache-type-v", request.value_type,
                  "Of its values (also -ctv); default: as the keys")
      ->type_name("TYPE");
  verb.add_option("--users", request.users, "That generate at the same time")
      ->type_name("N")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
}

}  // namespace

void add_plan(CLI::App& program) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* verb = program.add_subcommand(
      "plan", "Which type of which model fits a machine, how fast it runs, what it loses");
  verb->add_option("MODELS", options->request.models,
                   "Well-known names (--list), local models, config.json files, or user/repo, of "
                   "which only the config.json is pulled")
      ->type_name("");
  add_load_flags(*verb, *options);
  add_machine_flags(*verb, *options);
  verb->add_option("--html", options->request.page, "Write a page with the table and a plot")
      ->type_name("FILE");
  verb->add_flag("--force", options->request.force, "Replace an existing page");
  verb->add_flag("--list", options->list, "The models and devices that nybble knows by name");
  verb->add_flag("--offline", options->offline, "Only what the cache holds, as HF_HUB_OFFLINE=1");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Sizes of files come from the code that quantizes; speeds from `nybble bench --machine` or\n"
      "from what makers state.\n"
      "\n"
      "Examples:\n"
      "  nybble plan 8b\n"
      "  nybble plan 70b 13b --type Q4_K_M,F16 --vram 24G --memory 64G\n"
      "  nybble plan path/to/model -c 32768 --cache-type-k q8_0 --users 4\n"
      "  nybble plan 70b --device m2-max --memory 64G --html plan.html\n"
      "  nybble plan 8b --json | jq '.choices[] | select(.fits).type'");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
