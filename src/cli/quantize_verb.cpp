// nybble quantize: any checkpoint to a quantized GGUF, or with --dry-run the plan for it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "cli/assume_flag.h"
#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/quantize_report.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/quantize.h"

namespace nybble::cli {
namespace {

struct QuantizeOptions {
  QuantizeRequest request;
  std::string in, out, type, threads;  // by place, see read_arguments
  std::string max_shard, memory;
  std::vector<std::string> tensor_types;  // "REGEX=TYPE"
  std::string target_size, tokens;
  bool leave_output = false, dry_run = false, json = false;
};

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorKind::invalid_input, sentence);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_type(const std::string& word) {
  const auto types = quantize_types();
  return std::ranges::any_of(types,
                             [&](const auto& type) { return lower(type.first) == lower(word); });
}

// "gptq:4b-g128"
bool is_layout(const std::string& word) {
  const auto kind_of = [](const std::string& name) {
    return lower(name.substr(0, name.find(':')));
  };
  const auto layouts = quantize_layouts();
  return word.find(':') != word.npos && std::ranges::any_of(layouts, [&](const auto& layout) {
           return kind_of(layout.first) == kind_of(word);
         });
}

bool is_count(const std::string& word) {
  return !word.empty() && word.size() < 5 &&
         word.find_first_not_of("0123456789") == std::string::npos;
}

bool has_target(const QuantizeOptions& options) {
  return !options.target_size.empty() || options.request.target_bpw != 0;
}

// As llama-quantize has it: IN OUT TYPE [THREADS]. With --dry-run OUT may be left out, with a
// target TYPE.
void read_arguments(QuantizeOptions& options) {
  std::vector<std::string> words;
  for (const std::string* word : {&options.in, &options.out, &options.type, &options.threads}) {
    if (!word->empty()) words.push_back(*word);
  }
  if (words.size() > 2 && is_count(words.back())) {
    options.request.threads = std::stoi(words.back());
    words.pop_back();
  }
  const bool ends_with_type =
      words.size() > 1 && (is_type(words.back()) || is_layout(words.back()));
  if (has_target(options) && !ends_with_type) words.emplace_back();
  if (words.size() == 2 && options.dry_run) words.insert(words.begin() + 1, "");
  if (words.size() == 2) {
    refuse(is_type(words[1]) || is_layout(words[1])
               ? fmt::format("quantize: where to? Give {} OUT {}", words[0], words[1])
               : fmt::format("quantize: which type? Give {} {} TYPE, e.g. Q4_K_M", words[0],
                             words[1]));
  }
  if (words.size() != 3) {
    refuse(
        fmt::format("quantize: expected IN OUT TYPE [THREADS], found: {}", fmt::join(words, " ")));
  }
  options.request.output = words[1];
  options.request.type = words[2];
  options.request.input = find_model(words[0]);
}

void read_tensor_types(QuantizeOptions& options) {
  for (const std::string& rule : options.tensor_types) {
    // A regular expression may hold '='; a type cannot.
    const std::size_t equals = rule.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == rule.size()) {
      refuse(fmt::format("--tensor-type: expected REGEX=TYPE such as attn_v=Q6_K, found \"{}\"",
                         rule));
    }
    options.request.tensor_types.emplace_back(rule.substr(0, equals), rule.substr(equals + 1));
  }
}

// The head keeps its type: the plan tells what that is.
void keep_output_type(QuantizeRequest& request) {
  const QuantizePlan plan = plan_quantize(request);
  const auto head = std::ranges::find(plan.tensors, "output.weight", &PlannedTensor::name);
  if (head == plan.tensors.end()) {
    notice("--leave-output-tensor has no effect: the model's head is its embedding");
  } else {
    request.output_tensor_type = head->from;
  }
}

void show_plan(const QuantizeOptions& options) {
  QuantizePlan plan;
  {
    ProgressLine progress;
    plan = plan_quantize(options.request, progress.callback());
  }
  if (options.json) {
    print_json({{"plan", to_json(plan)}});
    return;
  }
  print_plan(plan);
  print_totals(plan);
  fmt::print("nothing was written (--dry-run)\n");
}

void execute(QuantizeOptions& options) {
  read_arguments(options);
  read_tensor_types(options);
  if (!options.max_shard.empty())
    options.request.max_shard_bytes = parse_size(options.max_shard, "--split-max-size");
  if (!options.memory.empty())
    options.request.memory_bytes = parse_size(options.memory, "--memory");
  if (!options.target_size.empty())
    options.request.target_bytes = parse_size(options.target_size, "--target-size");
  if (!options.tokens.empty())
    options.request.tuning.tokens = parse_count(options.tokens, "--tokens");
  if (options.request.tuning.gpu && !options.request.method.ends_with("+tune"))
    refuse("quantize: --gpu is for methods that learn, e.g. --method best+tune");
  if (options.leave_output) keep_output_type(options.request);
  if (options.dry_run) {
    show_plan(options);
    return;
  }
  QuantizeReport report;
  {
    ProgressLine progress;
    report = quantize_model(options.request, progress.callback());
  }
  if (options.json) {
    print_json({{"plan", to_json(report.plan)}, {"report", to_json(report)}});
    return;
  }
  print_totals(report.plan);
  print_notes(report);
  print_tuning(report);
  print_resumed(report);
  const std::string files =
      report.n_files == 1 ? "" : fmt::format(" and {} more", report.n_files - 1);
  fmt::print("wrote {}{}: {}, {:.2f} bits per weight, {}\n", report.output, files,
             show_bytes(report.file_bytes), report.file_bits_per_weight,
             show_seconds(report.seconds));
}

std::string list_methods() {
  std::string text = "Methods:\n";
  for (const auto& [name, line] : quantize_methods())
    text += fmt::format("  {:<10}{}\n", name, line);
  return text;
}

std::string list_types() {
  std::string text = "Types:\n";
  for (const auto& [name, line] : quantize_types()) text += fmt::format("  {:<10}{}\n", name, line);
  return text;
}

std::string list_layouts() {
  std::string text = "Layouts of directories for other libraries:\n";
  for (const auto& [example, about] : quantize_layouts())
    text += fmt::format("  {:<16} {}\n", example, about);
  return text;
}

void add_type_flags(CLI::App& verb, QuantizeOptions& options) {
  verb.add_option(
          "--tensor-type", options.tensor_types,
          "Tensors whose name matches get TYPE instead; the first that matches wins (repeatable)")
      ->type_name("REGEX=TYPE")
      ->expected(1)
      ->take_all();
  verb.add_option("--output-tensor-type", options.request.output_tensor_type, "Type of the head")
      ->type_name("TYPE");
  verb.add_option("--token-embedding-type", options.request.token_embedding_type,
                  "Type of the embedding")
      ->type_name("TYPE");
  verb.add_flag("--leave-output-tensor", options.leave_output, "The head keeps its type");
  verb.add_flag("--pure", options.request.pure, "Every matrix in the recipe's main format");
}

void add_target_flags(CLI::App& verb, QuantizeOptions& options) {
  CLI::Option* size =
      verb.add_option("--target-size", options.target_size,
                      "Size of the whole file, e.g. 3.5G; the type of each tensor is "
                      "found by measuring, TYPE may be left out");
  size->type_name("SIZE");
  verb.add_option("--target-bpw", options.request.target_bpw,
                  "The same in bits per weight, all bytes of the file counted")
      ->type_name("BITS")
      ->check(CLI::Range(1.0, 32.0))
      ->excludes(size);
}

void add_method_flags(CLI::App& verb, QuantizeOptions& options) {
  QuantizeRequest& request = options.request;
  std::vector<std::string> names;
  for (const auto& [name, line] : quantize_methods()) names.push_back(name);
  verb.add_option(
          "--method", request.method,
          "How values are rounded (below); default: kquant, with --calibration or a target best")
      ->type_name("METHOD")
      ->check(CLI::IsMember(names));
  verb.add_option("--calibration,--imatrix", request.calibration,
                  "Texts, chats (.jsonl), or statistics of `nybble calibrate` or llama-imatrix; "
                  "default: the text that comes with nybble")
      ->type_name("TEXT|STATS");
  verb.add_option("--written", request.written_windows,
                  "So many further windows of 512 tokens, which the model writes itself; default "
                  "for methods "
                  "with second moments: two for three of the texts, 144 at most")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--tokens", options.tokens,
                  "Tokens that methods with +tune learn from, e.g. 300k (the default); repeats "
                  "count")
      ->type_name("N");
  verb.add_flag("--gpu", request.tuning.gpu, "Methods with +tune learn on an NVIDIA GPU");
  verb.add_option(
          "--seed", request.seed,
          "Of the order of the documents of calibration texts, and of what the model writes")
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void add_quantize(CLI::App& program) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* verb = program.add_subcommand(
      "quantize", "Any checkpoint to a quantized GGUF or directory, in one step");
  verb->add_option("IN", options->in, "Model: Hugging Face directory, GGUF or reference")
      ->type_name("")
      ->required();
  verb->add_option("OUT", options->out, "The GGUF or directory to write; --dry-run needs none")
      ->type_name("");
  verb->add_option("TYPE", options->type, "A recipe, a format or a layout, in any case (below)")
      ->type_name("");
  verb->add_option("THREADS", options->threads, "Threads; default: one per core")->type_name("");
  add_target_flags(*verb, *options);
  add_method_flags(*verb, *options);
  add_type_flags(*verb, *options);
  auto* max_size = verb->add_option("--split-max-size", options->max_shard,
                                    "Split the output into files of at most this size, e.g. 2G");
  max_size->type_name("SIZE");
  verb->add_flag("--keep-split", options->request.keep_split,
                 "Split the output into the files of the input, a split GGUF")
      ->excludes(max_size);
  verb->add_flag("--dry-run", options->dry_run,
                 "Print the plan, the sizes and the fallbacks; write nothing");
  verb->add_flag("--allow-requantize", options->request.allow_requantize,
                 "Take an input that is already quantized; the losses add up");
  verb->add_flag("--allow-nan", options->request.allow_nan,
                 "Go on when weights hold NaN or infinity");
  verb->add_flag(
      "--resume", options->request.resume,
      "Keep finished work in OUT.resume until OUT is whole, and go on with what is there");
  verb->add_option("--memory", options->memory,
                   "Memory that may be held, e.g. 8G; default: what the machine has free")
      ->type_name("SIZE");
  add_assume_flag(*verb, options->request.assumed);
  verb->add_flag("--force", options->request.force, "Replace an existing output");
  add_json_flag(*verb, options->json);
  verb->footer([] {
    return list_types() + list_layouts() + list_methods() +
           "Examples:\n"
           "  nybble quantize models/tale-6m tale-q4.gguf Q4_K_M\n"
           "  nybble quantize model.gguf small.gguf Q2_K --tensor-type 'ffn_down=Q4_K' 4\n"
           "  nybble quantize model.gguf best.gguf Q3_K_M --method best\n"
           "  nybble quantize model.gguf tuned.gguf Q2_K --method best+tune --tokens 200k\n"
           "  nybble quantize model.gguf half.gguf --target-bpw 3.4 --calibration book.txt\n"
           "  nybble quantize models/tale-6m tale-gptq gptq:4b-g128 --method best\n"
           "  nybble quantize user/repo out.gguf Q5_K_M --dry-run";
  });
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
