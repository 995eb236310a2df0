// nybble train: an adapter beside a model that stays as it is, or a quantized model that learns
// from the one before.
#include <fmt/format.h>

#include <memory>

#include "cli/assume_flag.h"
#include "cli/json_report.h"
#include "cli/lora_settings.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/quantize_report.h"
#include "cli/train_report.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/train.h"

namespace nybble::cli {
namespace {

struct TrainOptions {
  TrainRequest request;
  std::string in, out, qat, lora, tokens, memory, html, optim = "adamw";
  std::optional<int> batch;
  std::optional<float> code_rate, hidden_weight;
  bool allow_requantize = false, json = false;
  std::vector<CLI::Option*> of_lora;  // that mean nothing for --qat
};

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorKind::invalid_input, sentence);
}

void write_page(const TrainOptions& options, const TrainingPage& page) {
  if (!options.html.empty()) write_training_page(page, options.html, options.request.force);
}

int moment_bits(const TrainOptions& options) {
  return options.optim == "adamw_8bit" ? 8 : 32;
}

void train_lora(TrainOptions& options) {
  if (options.code_rate || options.hidden_weight)
    refuse("train: --code-rate and --hidden-weight are of --qat");
  TrainRequest& request = options.request;
  read_lora_settings(options.lora, request);
  request.model = find_model(options.in);
  request.output = options.out;
  if (!options.tokens.empty()) request.tokens = parse_count(options.tokens, "--tokens");
  if (options.batch) request.batch = *options.batch;
  request.moment_bits = moment_bits(options);
  TrainReport report;
  {
    ProgressLine progress;
    report = train_adapter(request, progress.callback());
  }
  write_page(options, page_of(report, options.in, options.out));
  if (options.json) {
    print_json(to_json(report, options.out));
  } else {
    print(report, options.out);
  }
}

QuantizeRequest qat_request(const TrainOptions& options) {
  const TrainRequest& request = options.request;
  QuantizeRequest qat;
  qat.input = find_model(options.in);
  qat.output = options.out;
  qat.type = options.qat;
  qat.method = "best+tune";
  qat.calibration = request.texts;
  qat.calibration_context = request.context;
  qat.tuning = long_tuning();
  if (!options.tokens.empty()) qat.tuning.tokens = parse_count(options.tokens, "--tokens");
  if (options.batch) qat.tuning.batch = *options.batch;
  if (options.code_rate) qat.tuning.code_rate = *options.code_rate;
  if (options.hidden_weight) qat.tuning.hidden_weight = *options.hidden_weight;
  qat.tuning.moment_bits = moment_bits(options);
  qat.tuning.gpu = request.gpu;
  qat.seed = request.seed;
  qat.threads = request.threads;
  qat.memory_bytes = request.memory_bytes;
  qat.assumed = request.assumed;
  qat.force = request.force;
  qat.resume = request.resume;
  qat.allow_requantize = options.allow_requantize;
  return qat;
}

void train_qat(const TrainOptions& options) {
  for (const CLI::Option* option : options.of_lora) {
    if (option->count() > 0)
      refuse(fmt::format("train: {} is of --lora; --qat takes --tokens, --batch and --code-rate",
                         option->get_name()));
  }
  QuantizeReport report;
  {
    ProgressLine progress;
    report = quantize_model(qat_request(options), progress.callback());
  }
  write_page(options, page_of(report, options.qat, options.in));
  if (options.json) {
    print_json({{"plan", to_json(report.plan)}, {"report", to_json(report)}});
    return;
  }
  print_totals(report.plan);
  print_notes(report);
  if (report.tuning) print_curve(report.tuning->points);
  print_tuning(report);
  print_resumed(report);
  fmt::print("wrote {}: {}, {:.2f} bits per weight, {}\n", report.output,
             show_bytes(report.file_bytes), report.file_bits_per_weight,
             show_seconds(report.seconds));
}

void execute(TrainOptions& options) {
  if (options.qat.empty() == options.lora.empty())
    refuse("train: what? Give either --lora r=16,alpha=32 or --qat TYPE");
  if (!options.html.empty() && !options.request.force && std::filesystem::exists(options.html))
    refuse(options.html + ": exists already; choose another name, or --force to replace it");
  if (!options.memory.empty())
    options.request.memory_bytes = parse_size(options.memory, "--memory");
  if (options.qat.empty()) {
    train_lora(options);
  } else {
    train_qat(options);
  }
}

void add_what(CLI::App& verb, TrainOptions& options) {
  verb.add_option("IN", options.in, "Model: Hugging Face directory, GGUF or reference, in any type")
      ->type_name("")
      ->required();
  verb.add_option("OUT", options.out,
                  "With --lora the directory of the adapter, as PEFT has it; with --qat the "
                  "quantized model")
      ->type_name("")
      ->required();
  verb.add_option("--lora", options.lora,
                  "Train an adapter; IN stays as it is. r: rank, alpha: the scale times r, "
                  "targets: kinds of linears, default all (below)")
      ->type_name("r=N,alpha=N[,targets=A+B]");
  verb.add_option("--qat", options.qat,
                  "Train the weights themselves in TYPE of `nybble quantize`, to say what IN says")
      ->type_name("TYPE");
  verb.add_option("-f,--file", options.request.texts,
                  "Texts, or chats: NAME.jsonl with {\"messages\": [...]} a line, of which an "
                  "adapter learns the answers; --qat takes statistics of `nybble calibrate` beside "
                  "them; its default: the text that comes with nybble")
      ->type_name("TEXT");
}

void add_length(CLI::App& verb, TrainOptions& options) {
  TrainRequest& request = options.request;
  CLI::Option* tokens =
      verb.add_option("--tokens", options.tokens,
                      "So many tokens, repeats counted, e.g. 500k; default: 5M with --qat, three "
                      "times through the texts with --lora");
  tokens->type_name("N");
  CLI::Option* steps = verb.add_option("--steps", request.steps, "So many steps");
  steps->type_name("N")->check(CLI::PositiveNumber)->excludes(tokens);
  verb.add_option("--batch", options.batch, "Lessons that run together; default: 4, with --qat 2")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  CLI::Option* accumulate =
      verb.add_option("--accumulate", request.accumulate, "So many batches a step");
  accumulate->type_name("N")->check(CLI::Range(1, 4096))->capture_default_str();
  verb.add_option("-c,--ctx-size", request.context, "Tokens of a lesson at most")
      ->type_name("N")
      ->check(CLI::Range(16, 1 << 20))
      ->capture_default_str();
  options.of_lora.insert(options.of_lora.end(), {steps, accumulate});
}

void add_rates(CLI::App& verb, TrainOptions& options) {
  TrainRequest& request = options.request;
  CLI::Option* rate =
      verb.add_option("--rate", request.rate, "The largest rate; it falls with a cosine to 0");
  rate->type_name("X")->capture_default_str();
  CLI::Option* warmup = verb.add_option("--warmup", request.warmup,
                                        "Steps until it is reached; default: a twentieth");
  warmup->type_name("N")->check(CLI::NonNegativeNumber);
  CLI::Option* clip =
      verb.add_option("--clip", request.clip, "The largest norm of a gradient; 0: any");
  clip->type_name("X")->check(CLI::NonNegativeNumber)->capture_default_str();
  CLI::Option* decay =
      verb.add_option("--decay", request.decay, "Decay of the weights of the adapter");
  decay->type_name("X")->check(CLI::NonNegativeNumber)->capture_default_str();
  verb.add_option(
          "--code-rate", options.code_rate,
          fmt::format("With --qat, how far codes go in a step at most, in steps of the grid; "
                      "it falls with a line to 0; default: {}",
                      long_tuning().code_rate))
      ->type_name("X")
      ->check(CLI::Range(0.0f, 1.0f));
  verb.add_option("--hidden-weight", options.hidden_weight,
                  fmt::format("With --qat, how much the squared error of hidden states counts "
                              "beside the divergence; default: {}",
                              TuningSettings{}.hidden_weight))
      ->type_name("X")
      ->check(CLI::Range(0.0f, 1e6f));
  verb.add_option("--optim", options.optim,
                  "adamw, or adamw_8bit, whose states take a quarter of the memory")
      ->check(CLI::IsMember({"adamw", "adamw_8bit"}))
      ->type_name("NAME")
      ->capture_default_str();
  verb.add_option("--seed", request.seed, "Of the order of the lessons, and of what begins random")
      ->type_name("N")
      ->capture_default_str();
  options.of_lora.insert(options.of_lora.end(), {rate, warmup, clip, decay});
}

}  // namespace

void add_train(CLI::App& program) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* verb = program.add_subcommand(
      "train", "An adapter (LoRA) beside a model of any type, or weights in few bits (QAT)");
  add_what(*verb, *options);
  add_length(*verb, *options);
  add_rates(*verb, *options);
  TrainRequest& request = options->request;
  verb->add_flag("--gpu", request.gpu, "Learn on an NVIDIA GPU, in float32 with products of TF32");
  verb->add_option("-t,--threads", request.threads, "Threads; default: one per core")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--memory", options->memory,
                   "Memory that may be held, e.g. 16G; default: what the machine has free")
      ->type_name("SIZE");
  verb->add_flag("--resume", request.resume,
                 "Keep the state in OUT.resume until OUT is whole, and go on with what is there");
  add_assume_flag(*verb, request.assumed);
  verb->add_flag("--allow-requantize", options->allow_requantize,
                 "With --qat, take an input that is already quantized");
  verb->add_option("--html", options->html, "Write a page with the curve of the loss")
      ->type_name("FILE");
  verb->add_flag("--force", request.force, "Replace an existing output");
  add_json_flag(*verb, options->json);
  verb->footer([] {
    return list_lora_targets() +
           "Examples:\n"
           "  nybble train models/tale-6m my-lora --lora r=16,alpha=32 -f book.txt\n"
           "  nybble train model-q4.gguf my-lora --lora r=8,alpha=16,targets=q_proj+v_proj -f "
           "chats.jsonl --steps 200\n"
           "  nybble run model-q4.gguf --lora my-lora\n"
           "  nybble train models/tale-6m tale-q2.gguf --qat Q2_K -f book.txt --tokens 2M --resume";
  });
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
