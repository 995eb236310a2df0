#include "api/chat_lesson.h"

#include <algorithm>

#include "base/error.h"

namespace nybble {
namespace {

struct Span {
  std::size_t begin = 0, end = 0;
};

OrderedJson first_messages(const OrderedJson& messages, std::size_t n) {
  OrderedJson some = OrderedJson::array();
  for (std::size_t i = 0; i < n; ++i) some.push_back(messages[i]);
  return some;
}

// Templates that write the last answer another way than those before it (with its thoughts) write
// at least its content, and what ends it.
std::size_t end_by_content(const std::string& text, std::size_t begin, const std::string& alone,
                           const OrderedJson& message) {
  if (!message["content"].is_string()) return std::string::npos;
  const std::string content = message["content"].get<std::string>();
  const std::size_t here = text.find(content, begin), there = alone.rfind(content);
  if (here == std::string::npos || there == std::string::npos) return std::string::npos;
  const std::string_view ending = std::string_view(alone).substr(there + content.size());
  const std::size_t end = here + content.size();
  return std::string_view(text).substr(end).starts_with(ending) ? end + ending.size() : end;
}

// Bytes of the i-th message, an answer, in the text of all; without what asks for it.
Span span_of(const OrderedJson& messages, std::size_t i, const std::string& text,
             const ChatRenderer& renderer, const std::string& where) {
  const std::string before = renderer.render(first_messages(messages, i), true);
  const std::string through = renderer.render(first_messages(messages, i + 1), false);
  Span span{before.size(), through.size()};
  if (!text.starts_with(through))
    span.end = end_by_content(text, before.size(), through, messages[i]);
  if (text.starts_with(before) && span.end != std::string::npos && span.end > span.begin)
    return span;
  fail(ErrorKind::unsupported,
       "{}: cannot tell where message {}, an answer, stands in what the chat template writes: its "
       "text does not begin as the one of the messages before it; give conversations of one "
       "answer, or plain text",
       where, i + 1);
}

// Tokens of the whole text that are also those of its first n bytes alone. A token that reaches
// over the border belongs to what follows.
std::size_t token_at(const std::vector<text::TokenId>& tokens, std::string_view text, std::size_t n,
                     const text::Tokenizer& tokenizer) {
  const auto part = tokenizer.encode(text.substr(0, n), {.add_special = false});
  const auto [in_all, in_part] = std::ranges::mismatch(tokens, part);
  return static_cast<std::size_t>(in_all - tokens.begin());
}

}  // namespace

train::Lesson chat_lesson(const OrderedJson& messages, const ChatRenderer& renderer,
                          const text::Tokenizer& tokenizer, const std::string& where) {
  const std::string text = renderer.render(messages, false);
  train::Lesson lesson;
  // The template writes BOS itself where the model wants one.
  lesson.tokens = tokenizer.encode(text, {.add_special = false});
  lesson.labels.assign(lesson.tokens.size(), -1);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i]["role"] != "assistant") continue;
    const Span span = span_of(messages, i, text, renderer, where);
    const std::size_t begin = token_at(lesson.tokens, text, span.begin, tokenizer),
                      end = token_at(lesson.tokens, text, span.end, tokenizer);
    for (std::size_t t = std::max<std::size_t>(begin, 1); t < end; ++t)
      lesson.labels[t - 1] = lesson.tokens[t];
  }
  return lesson;
}

}  // namespace nybble
