// Tokens and chat templates of a model.
#include "nybble/text.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "base/wall_clock.h"
#include "files/checkpoint.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace nybble {
namespace {

bool is_bare_template(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".jinja" || extension == ".j2" || extension == ".jinja2" ||
         extension == ".txt";
}

// The variables of the request; an array of messages is the variable "messages".
OrderedJson read_variables(const TemplateRequest& request) {
  OrderedJson context = parse_ordered_json(request.messages_json, "messages");
  if (context.is_array()) context = OrderedJson{{"messages", std::move(context)}};
  if (!context.is_object() || !context.contains("messages")) {
    fail(ErrorKind::invalid_input,
         "messages: expected an array of messages, or an object with \"messages\"");
  }
  if (!request.tools_json.empty()) {
    context["tools"] = parse_ordered_json(request.tools_json, "tools");
    if (!context["tools"].is_array()) fail(ErrorKind::invalid_input, "tools: expected an array");
  }
  if (!request.variables_json.empty()) {
    const OrderedJson more = parse_ordered_json(request.variables_json, "template variables");
    if (!more.is_object()) fail(ErrorKind::invalid_input, "template variables: expected an object");
    context.update(more);
  }
  return context;
}

void set_default(OrderedJson& context, const char* name, const std::string& text) {
  if (!text.empty()) context[name] = text;
}

}  // namespace

std::vector<std::vector<TokenPiece>> tokenize(const std::filesystem::path& model,
                                              const std::vector<std::string>& texts, bool special) {
  const files::Checkpoint checkpoint = files::open_checkpoint(model);
  const text::Tokenizer tokenizer = text::load_tokenizer(checkpoint);
  std::vector<std::vector<TokenPiece>> result;
  for (const std::string& text : texts) {
    auto& pieces = result.emplace_back();
    for (const text::TokenId id :
         tokenizer.encode(text, {.add_special = special, .parse_special = special})) {
      pieces.push_back({id, tokenizer.spelling(id)});
    }
  }
  return result;
}

std::string render_template(const TemplateRequest& request) {
  OrderedJson context = read_variables(request);
  std::string source;
  if (is_bare_template(request.source)) {
    source = read_text_file(request.source, std::size_t{1} << 24);
  } else {
    const files::Checkpoint checkpoint = files::open_checkpoint(request.source);
    source = text::find_chat_template(checkpoint);
    if (source.empty()) {
      fail(ErrorKind::invalid_input,
           "{}: the model has no chat template; give a template file instead",
           request.source.string());
    }
    const text::Tokenizer tokenizer = text::load_tokenizer(checkpoint);
    if (tokenizer.bos()) set_default(context, "bos_token", tokenizer.spelling(*tokenizer.bos()));
    if (tokenizer.eos()) set_default(context, "eos_token", tokenizer.spelling(*tokenizer.eos()));
  }
  set_default(context, "bos_token", request.bos);
  set_default(context, "eos_token", request.eos);
  if (!context.contains("add_generation_prompt")) {
    context["add_generation_prompt"] = request.add_generation_prompt;
  }
  return text::ChatTemplate(std::move(source))
      .render(context, request.now != 0 ? request.now : seconds_now());
}

}  // namespace nybble
