#include "cli/conversation.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "nybble/error.h"

namespace nybble::cli {
namespace {

constexpr std::string_view quote = R"(""")";

constexpr const char* help_text =
    "/bye    leave (also Ctrl-D)\n"
    "/clear  forget the conversation\n"
    "/help   this\n"
    "\"\"\"     begins and ends a text of several lines\n"
    "Ctrl-C  stops the answer; at the prompt, the program\n";

void show_text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// One line of the terminal; nothing at the end of input.
std::optional<std::string> read_line(const char* prompt) {
  const PromptGuard guard;
  fmt::print("{}", bold(prompt, stdout));
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) {
    fmt::print("\n");
    return std::nullopt;
  }
  return line;
}

// A line, or the lines between two """.
std::optional<std::string> read_entry() {
  std::optional<std::string> line = read_line("> ");
  if (!line || !line->starts_with(quote)) return line;
  std::string text = line->substr(quote.size());
  while (!text.ends_with(quote)) {
    const std::optional<std::string> next = read_line(". ");
    if (!next) return std::nullopt;
    text += "\n" + *next;
  }
  text.resize(text.size() - quote.size());
  return text;
}

bool is_command(const std::string& entry) {
  return entry.size() > 1 && entry[0] == '/' &&
         entry.find_first_not_of("abcdefghijklmnopqrstuvwxyz?", 1) == std::string::npos;
}

// The messages so far, or for a model without a template nothing.
class Conversation {
 public:
  Conversation(ChatSession& session, const ConversationOptions& options)
      : session_(session), options_(options) {
    forget();
  }

  void forget() {
    messages_.clear();
    if (!options_.system.empty()) messages_.push_back({"system", options_.system});
  }

  // An error belongs to the entry, not to the conversation: it is said, and the entry forgotten.
  void reply(const std::string& entry) {
    messages_.push_back({"user", entry});
    try {
      const Generation generation = session_.has_chat_template()
                                        ? answer_once(session_, messages_, options_.generate, true)
                                        : complete_once(session_, entry, options_.generate, true);
      fmt::print("\n\n");
      report_stop(generation, session_);
      if (options_.timings) print_timings(generation);
      messages_.push_back({"assistant", generation.text});
    } catch (const Error& error) {
      messages_.pop_back();
      notice(error.what());
    }
  }

 private:
  ChatSession& session_;
  const ConversationOptions& options_;
  std::vector<Message> messages_;
};

}  // namespace

Generation answer_once(ChatSession& session, const std::vector<Message>& messages,
                       const GenerateOptions& options, bool show) {
  const AnswerGuard guard(session);
  return show ? session.answer(messages, options, show_text) : session.answer(messages, options);
}

Generation complete_once(ChatSession& session, const std::string& prompt,
                         const GenerateOptions& options, bool show) {
  const AnswerGuard guard(session);
  return show ? session.complete(prompt, options, show_text) : session.complete(prompt, options);
}

void converse(ChatSession& session, const ConversationOptions& options) {
  fmt::print("{}\n", dim(fmt::format("{} tokens of context. /help lists the commands, /bye leaves.",
                                     session.context()),
                         stdout));
  if (!session.has_chat_template())
    notice("this model has no chat template, so each text is continued, not answered");
  Conversation conversation(session, options);
  if (!options.first.empty()) conversation.reply(options.first);
  while (const std::optional<std::string> entry = read_entry()) {
    if (*entry == "/bye" || *entry == "/exit" || *entry == "/quit") return;
    if (*entry == "/clear") {
      conversation.forget();
      notice("the conversation is forgotten");
    } else if (*entry == "/help" || *entry == "/?") {
      fmt::print("{}", help_text);
    } else if (is_command(*entry)) {
      notice(fmt::format("there is no command {}; /help lists them", *entry));
    } else if (entry->find_first_not_of(" \t\n") != std::string::npos) {
      conversation.reply(*entry);
    }
  }
}

void print_timings(const Generation& generation) {
  const auto rate = [](std::uint64_t tokens, double seconds) {
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
  };
  const std::uint64_t computed =
      generation.prompt_tokens - std::min(generation.cached_tokens, generation.prompt_tokens);
  std::string line = fmt::format(
      "prompt: {} tokens, {} of them cached, {:.1f} tokens/s; answer: {} tokens, {:.1f} tokens/s",
      generation.prompt_tokens, generation.cached_tokens, rate(computed, generation.prompt_seconds),
      generation.generated_tokens, rate(generation.generated_tokens, generation.generate_seconds));
  if (generation.outlier_share > 0)
    line += fmt::format("; outliers: {:.4f} % of the inputs", 100 * generation.outlier_share);
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", dim(line, stderr));
}

void report_stop(const Generation& generation, const ChatSession& session) {
  if (generation.stop != StopReason::context_full) return;
  notice(
      fmt::format("the context of {} tokens is full, so the answer ends here; a larger one: -c N{}",
                  session.context(), is_interactive() ? ", a fresh one: /clear" : ""));
}

}  // namespace nybble::cli
