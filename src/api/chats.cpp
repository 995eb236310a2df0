#include "api/chats.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"

namespace nybble {
namespace {

// The day that templates take for today: 2024-07-26.
constexpr std::int64_t fixed_day = 1721952000;

OrderedJson messages_of(std::string_view line, const std::string& where) {
  OrderedJson chat = parse_ordered_json(line, where);
  const auto is_message = [](const OrderedJson& message) {
    return message.is_object() && message.contains("role") && message.contains("content");
  };
  if (!chat.is_object() || !chat.contains("messages") || !chat["messages"].is_array() ||
      !std::ranges::all_of(chat["messages"], is_message)) {
    fail(ErrorKind::invalid_input,
         R"({}: expected {{"messages": [{{"role": ..., "content": ...}}, ...]}}, found {})", where,
         line.substr(0, 80));
  }
  return chat["messages"];
}

const std::string& template_of(const OpenedModel& model, const std::filesystem::path& path) {
  if (model.chat_template.empty()) {
    fail(ErrorKind::invalid_input,
         "{} holds chats, and the model has no chat template to render them; give plain text",
         path.string());
  }
  return model.chat_template;
}

}  // namespace

bool is_chat_file(const std::filesystem::path& path) {
  return path.extension() == ".jsonl";
}

void for_each_chat(
    const std::filesystem::path& path,
    const std::function<void(const OrderedJson& messages, const std::string& where)>& take) {
  const std::string content = read_text_file(path);
  int number = 0;
  for (std::string_view rest = content; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = fmt::format("{}:{}", path.string(), number);
    take(messages_of(line, where), where);
  }
}

ChatRenderer::ChatRenderer(const OpenedModel& model, const std::filesystem::path& path)
    : template_(template_of(model, path)) {
  const text::Tokenizer& tokenizer = *model.tokenizer;
  if (tokenizer.bos()) context_["bos_token"] = tokenizer.spelling(*tokenizer.bos());
  if (tokenizer.eos()) context_["eos_token"] = tokenizer.spelling(*tokenizer.eos());
}

std::string ChatRenderer::render(const OrderedJson& messages, bool asks) const {
  OrderedJson context = context_;
  context["add_generation_prompt"] = asks;
  context["messages"] = messages;
  return template_.render(context, fixed_day);
}

}  // namespace nybble
