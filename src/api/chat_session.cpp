// The second walk: checkpoint to session to tokens.
#include <atomic>

#include "api/load_model.h"
#include "api/opened_model.h"
#include "base/error.h"
#include "base/wall_clock.h"
#include "nybble/session.h"
#include "runtime/generate.h"
#include "text/chat_template.h"

namespace nybble {
namespace {

text::SamplingParams sampling_of(const SamplingOptions& options) {
  return {.temperature = options.temperature,
          .top_k = options.top_k,
          .top_p = options.top_p,
          .min_p = options.min_p,
          .typical_p = options.typical_p,
          .repeat_last_n = options.repeat_last_n,
          .repeat_penalty = options.repeat_penalty,
          .presence_penalty = options.presence_penalty,
          .frequency_penalty = options.frequency_penalty,
          .mirostat = options.mirostat,
          .mirostat_tau = options.mirostat_tau,
          .mirostat_eta = options.mirostat_eta,
          .logit_bias = options.logit_bias,
          .seed = options.seed};
}

OrderedJson template_context(const text::Tokenizer& tokenizer, const SessionOptions& options) {
  OrderedJson context = OrderedJson::object();
  if (tokenizer.bos()) context["bos_token"] = tokenizer.spelling(*tokenizer.bos());
  if (tokenizer.eos()) context["eos_token"] = tokenizer.spelling(*tokenizer.eos());
  context["add_generation_prompt"] = true;
  if (!options.template_variables_json.empty()) {
    context.update(parse_ordered_json(options.template_variables_json, "template variables"));
  }
  return context;
}

}  // namespace

struct ChatSession::State {
  State(const std::filesystem::path& path, const SessionOptions& options)
      : model(open_for_reading(path, options.assumed, options.lora)),
        template_variables(template_context(*model.tokenizer, options)),
        loaded(load_model(model.source, options.compute, options.threads, options.cache_types,
                          options.repack)),
        session(loaded, options.context, options.batch),
        generator(session, *model.tokenizer) {
    const std::string& source =
        options.chat_template.empty() ? model.chat_template : options.chat_template;
    if (!source.empty()) chat_template.emplace(source);
  }

  Generation generate(std::vector<text::TokenId> prompt, const GenerateOptions& options,
                      const std::function<void(std::string_view)>& on_text) {
    if (prompt.empty()) {
      fail(ErrorKind::invalid_input,
           "the prompt has no tokens, expected text, since this model has no token that begins a "
           "text");
    }
    is_cancelled = false;
    Generation generation = generator.run({.prompt = std::move(prompt),
                                           .max_tokens = options.max_tokens,
                                           .sampling = sampling_of(options.sampling),
                                           .stop = options.stop,
                                           .ignore_eos = options.ignore_eos},
                                          on_text, is_cancelled);
    generation.outlier_share = loaded->activation_counts().outlier_share();
    return generation;
  }

  OpenedModel model;
  OrderedJson template_variables;
  std::shared_ptr<const runtime::LoadedModel> loaded;
  runtime::Session session;
  runtime::Generator generator;
  std::optional<text::ChatTemplate> chat_template;
  std::atomic<bool> is_cancelled = false;
};

ChatSession::ChatSession(const std::filesystem::path& model, const SessionOptions& options)
    : state_(std::make_unique<State>(model, options)) {}

ChatSession::~ChatSession() = default;

bool ChatSession::has_chat_template() const {
  return state_->chat_template.has_value();
}

int ChatSession::context() const {
  return state_->session.context();
}

Generation ChatSession::complete(std::string_view prompt, const GenerateOptions& options,
                                 const std::function<void(std::string_view)>& on_text) {
  return state_->generate(state_->model.tokenizer->encode(prompt), options, on_text);
}

Generation ChatSession::answer(const std::vector<Message>& messages, const GenerateOptions& options,
                               const std::function<void(std::string_view)>& on_text) {
  if (!has_chat_template()) {
    fail(ErrorKind::invalid_input,
         "{}: the model has no chat template, expected one to answer messages; give "
         "--chat-template-file, or complete a text with -p",
         state_->model.checkpoint->path.string());
  }
  OrderedJson context = state_->template_variables;
  context["messages"] = OrderedJson::array();
  for (const Message& message : messages) {
    context["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  const std::string prompt = state_->chat_template->render(context, seconds_now());
  // The template writes BOS itself where the model wants one, as in transformers.
  return state_->generate(state_->model.tokenizer->encode(prompt, {.add_special = false}), options,
                          on_text);
}

void ChatSession::cancel() noexcept {
  state_->is_cancelled = true;
}

}  // namespace nybble
