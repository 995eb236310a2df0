// nybble run: talks with a model on a terminal, answers once, or completes a prompt.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "cli/assume_flag.h"
#include "cli/conversation.h"
#include "cli/json_report.h"
#include "cli/lora_flag.h"
#include "cli/memory_flags.h"
#include "cli/model_argument.h"
#include "cli/sampling_flags.h"
#include "cli/terminal.h"
#include "cli/text_file.h"
#include "cli/verbs.h"
#include "nybble/error.h"

namespace nybble::cli {
namespace {

struct RunOptions {
  ModelArgument model;
  SessionOptions session;
  SamplingFlags sampling;
  std::string prompt, prompt_file, system, system_file, template_file;
  bool single_turn = false, conversation = false, no_conversation = false;
  bool hide_prompt = false, escape = false, verbose = false, json = false;
  std::string gpu_layers, flash_attention, compute = "run";
  CLI::Option* prompt_option = nullptr;
};

// Words of llama.cpp that change nothing here are accepted, and said to.
void notice_without_effect(const RunOptions& options) {
  if (!options.gpu_layers.empty() && options.gpu_layers != "0") {
    notice(fmt::format("--gpu-layers {} has no effect: this build runs on the CPU",
                       options.gpu_layers));
  }
  if (!options.flash_attention.empty()) {
    notice(
        "--flash-attn has no effect: there is one attention, and it never stores the scores of a "
        "whole row");
  }
}

enum class Mode { converse, answer, complete };

Mode choose_mode(const RunOptions& options, bool has_prompt, bool has_template) {
  const bool wants_chat = options.single_turn || options.conversation || !options.system.empty();
  if (options.no_conversation) return Mode::complete;
  if (!has_prompt && is_interactive() && !options.single_turn) return Mode::converse;
  if (options.conversation && !options.single_turn && is_interactive()) return Mode::converse;
  if (wants_chat && !has_template) {
    throw Error(ErrorKind::invalid_input,
                "the model has no chat template, so it cannot answer as in a chat; give "
                "--chat-template-file, or -p "
                "alone to continue a text");
  }
  if (wants_chat) return Mode::answer;
  if (has_prompt) return Mode::complete;  // llama.cpp's habit: -p alone is plain completion
  if (!has_template)
    notice("the model has no chat template, so the text is continued, not answered");
  return has_template ? Mode::answer : Mode::complete;
}

std::string prompt_of(const RunOptions& options, bool has_prompt) {
  if (!options.prompt_option->empty())
    return options.escape ? unescape(options.prompt) : options.prompt;
  if (!options.prompt_file.empty()) return read_text(options.prompt_file);
  return has_prompt || is_interactive() ? "" : read_text("-");
}

constexpr std::array<std::string_view, 5> stop_names{"end_of_answer", "stop_string", "max_tokens",
                                                     "context_full", "cancelled"};

void print_generation_json(const std::string& prompt, const Generation& generation) {
  print_json({{"prompt", prompt},
              {"text", generation.text},
              {"stop", stop_names.at(static_cast<std::size_t>(generation.stop))},
              {"prompt_tokens", generation.prompt_tokens},
              {"cached_tokens", generation.cached_tokens},
              {"generated_tokens", generation.generated_tokens},
              {"prompt_seconds", generation.prompt_seconds},
              {"generate_seconds", generation.generate_seconds},
              {"outlier_share", generation.outlier_share},
              {"tokens_per_second",
               generation.generate_seconds > 0
                   ? static_cast<double>(generation.generated_tokens) / generation.generate_seconds
                   : 0.0}});
}

void run_once(const RunOptions& options, ChatSession& session, Mode mode, const std::string& prompt,
              const GenerateOptions& generate) {
  Generation generation;
  if (mode == Mode::complete) {
    if (!options.json && !options.hide_prompt) fmt::print("{}", prompt);
    try {
      generation = complete_once(session, prompt, generate, !options.json);
    } catch (const Error&) {
      if (!options.json) fmt::print("\n");  // the message begins a line of its own
      throw;
    }
  } else {
    std::vector<Message> messages;
    if (!options.system.empty()) messages.push_back({"system", options.system});
    messages.push_back({"user", prompt});
    generation = answer_once(session, messages, generate, !options.json);
  }
  if (options.json) {
    print_generation_json(prompt, generation);
  } else {
    fmt::print("\n");
  }
  report_stop(generation, session);
  if (options.verbose || (is_terminal(stderr) && !options.json)) print_timings(generation);
  if (generation.stop == StopReason::cancelled)
    throw Error(ErrorKind::cancelled, "the answer was stopped by Ctrl-C");
}

void execute(RunOptions& options) {
  notice_without_effect(options);
  const GenerateOptions generate = generate_options(options.sampling);
  if (!options.template_file.empty())
    options.session.chat_template = read_text(options.template_file);
  if (!options.system_file.empty()) options.system = read_text(options.system_file);
  const bool has_prompt = !options.prompt_option->empty() || !options.prompt_file.empty();
  const std::filesystem::path model = find_model(options.model);

  options.session.compute = *find_compute(options.compute);
  ChatSession session(model, options.session);
  const Mode mode = choose_mode(options, has_prompt, session.has_chat_template());
  const std::string prompt = prompt_of(options, has_prompt);
  if (mode == Mode::converse) {
    converse(session, {.generate = generate,
                       .system = options.system,
                       .first = prompt,
                       .timings = options.verbose});
  } else {
    run_once(options, session, mode, prompt, generate);
  }
}

void add_chat_flags(CLI::App& verb, RunOptions& options) {
  const char* group = "Chat";
  verb.add_option("--system-prompt", options.system, "System message (also -sys)")
      ->type_name("TEXT")
      ->group(group);
  verb.add_option("--system-prompt-file", options.system_file, "A file that holds it (also -sysf)")
      ->type_name("FILE")
      ->group(group);
  verb.add_flag("--single-turn", options.single_turn, "Answer once, then end (also -st)")
      ->group(group);
  verb.add_flag("--conversation,--chat", options.conversation,
                "Chat, with -p as the first message (also -cnv)")
      ->group(group);
  verb.add_flag("--no-conversation", options.no_conversation, "Never chat (also -no-cnv)")
      ->group(group);
  verb.add_option("--chat-template", options.session.chat_template,
                  "Jinja source instead of the model's template")
      ->type_name("JINJA")
      ->group(group)
      ->envname("LLAMA_ARG_CHAT_TEMPLATE");
  verb.add_option("--chat-template-file", options.template_file, "A file that holds it")
      ->type_name("FILE")
      ->group(group)
      ->envname("LLAMA_ARG_CHAT_TEMPLATE_FILE");
  verb.add_option("--chat-template-kwargs", options.session.template_variables_json,
                  "JSON: an object of further variables of the template")
      ->type_name("JSON")
      ->group(group)
      ->envname("LLAMA_ARG_CHAT_TEMPLATE_KWARGS");
  verb.add_flag("--jinja")->group("");
}

void add_session_flags(CLI::App& verb, RunOptions& options) {
  verb.add_option("-c,--ctx-size", options.session.context, "Tokens of context; 0: the model's own")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_CTX_SIZE");
  verb.add_option("-t,--threads", options.session.threads, "Threads; 0: one per core")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_THREADS");
  verb.add_option("-b,--batch-size", options.session.batch, "Tokens of the prompt computed at once")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_BATCH");
  add_memory_flags(verb, options.session.cache_types, options.session.repack);
  verb.add_option("--gpu-layers,--n-gpu-layers", options.gpu_layers,
                  "Accepted; without effect (also -ngl)")
      ->type_name("N")
      ->envname("LLAMA_ARG_N_GPU_LAYERS");
  verb.add_option("--flash-attn", options.flash_attention, "Accepted; without effect (also -fa)")
      ->type_name("on|off|auto")
      ->expected(0, 1)
      ->default_str("on")
      ->group("");
}

}  // namespace

void add_run(CLI::App& program) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = program.add_subcommand(
      "run", "Chat with a model on the terminal, or complete a prompt with -p");
  add_model_argument(*verb, options->model);
  options->prompt_option = verb->add_option("-p,--prompt", options->prompt,
                                            "Continue this text; with -sys, -st or -cnv: answer it")
                               ->type_name("TEXT");
  verb->add_option("-f,--file", options->prompt_file, "A file that holds the prompt")
      ->type_name("FILE")
      ->excludes(options->prompt_option);
  verb->add_flag("-e,--escape", options->escape, "Read \\n, \\t ... in -p as line end, tab ...");
  verb->add_flag("--no-display-prompt", options->hide_prompt, "Print only what is generated");
  add_session_flags(*verb, *options);
  add_chat_flags(*verb, *options);
  add_sampling_flags(*verb, options->sampling);
  verb->add_option("--compute", options->compute,
                   "run: activations as the checkpoint says (W8A8, FP8), else int8 in blocks of 32 "
                   "where weights are small integers; exact: float32; llm-int8: 8-bit weights and "
                   "activations but outliers")
      ->type_name("HOW")
      ->check(
          CLI::IsMember(std::vector<std::string>(compute_names().begin(), compute_names().end())))
      ->capture_default_str();
  add_assume_flag(*verb, options->session.assumed);
  add_lora_flag(*verb, options->session.lora);
  verb->add_flag("-v,--verbose", options->verbose, "Tokens per second after each answer");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Without -p and without a terminal, standard input is one message.\n"
      "Each option has its variable of llama.cpp (LLAMA_ARG_CTX_SIZE ...); the command line wins.\n"
      "Examples:\n"
      "  nybble run model.gguf\n"
      "  nybble run model.gguf -p \"Once upon a time\" -n 100 --temp 0\n"
      "  nybble run model.gguf -sys \"Answer in one sentence.\" -p \"Why is the sky blue?\" -st\n"
      "  nybble run model.gguf --lora my-lora -p \"Once upon a time\"\n"
      "  nybble run -hf user/repo:Q4_K_M");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
