// nybble template: the prompt that a chat template makes of a conversation.
#include <fmt/format.h>

#include <memory>

#include "cli/model_argument.h"
#include "cli/text_file.h"
#include "cli/verbs.h"
#include "nybble/text.h"

namespace nybble::cli {
namespace {

struct TemplateOptions {
  ModelArgument source;
  std::string messages, tools;
  TemplateRequest request;
  bool no_generation_prompt = false;
};

void execute(TemplateOptions& options) {
  TemplateRequest& request = options.request;
  request.source = find_model(options.source);
  request.messages_json = read_text(options.messages);
  if (!options.tools.empty()) request.tools_json = read_text(options.tools);
  request.add_generation_prompt = !options.no_generation_prompt;
  const std::string prompt = render_template(request);
  std::fwrite(prompt.data(), 1, prompt.size(), stdout);
}

}  // namespace

void add_template(CLI::App& program) {
  auto options = std::make_shared<TemplateOptions>();
  CLI::App* verb = program.add_subcommand(
      "template", "The prompt that the chat template makes of a conversation");
  add_model_argument(*verb, options->source);
  verb->get_option("MODEL")->description("A model, or a file that holds a Jinja template");
  verb->add_option("MESSAGES", options->messages,
                   "JSON: an array of messages, or an object of variables with \"messages\"; -: "
                   "standard input")
      ->type_name("")
      ->required();
  verb->add_option("--tools", options->tools, "JSON: an array of tools")->type_name("FILE");
  verb->add_option("--bos", options->request.bos, "The text of bos_token")->type_name("TEXT");
  verb->add_option("--eos", options->request.eos, "The text of eos_token")->type_name("TEXT");
  verb->add_option("--chat-template-kwargs", options->request.variables_json,
                   "JSON: an object of further variables")
      ->type_name("JSON")
      ->envname("LLAMA_ARG_CHAT_TEMPLATE_KWARGS");
  verb->add_flag("--no-generation-prompt", options->no_generation_prompt,
                 "Without the beginning of the answer");
  verb->add_option("--now", options->request.now,
                   "Seconds since 1970 for strftime_now; default: now")
      ->type_name("N");
  verb->footer(
      "Prints exactly the prompt; no line end is added.\n"
      "Examples:\n"
      "  echo '[{\"role\": \"user\", \"content\": \"Hi\"}]' | nybble template model.gguf -\n"
      "  nybble template chat.jinja messages.json --tools tools.json --bos '<s>'");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
