#include "api/calibration_texts.h"

#include <algorithm>

#include "api/calibration.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "text/chat_template.h"

namespace nybble {
namespace {

// calibrate/samples.h ends documents there.
constexpr std::string_view document_end = "<|endoftext|>";
// The day that templates take for today, so that the same chats always give the same text:
// 2024-07-26.
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

std::string render_chats(const std::filesystem::path& path, const OpenedModel& model) {
  if (model.chat_template.empty()) {
    fail(ErrorKind::invalid_input,
         "{} holds chats, and the model has no chat template to render them; give plain text",
         path.string());
  }
  const text::ChatTemplate chat_template(model.chat_template);
  OrderedJson context;
  const text::Tokenizer& tokenizer = *model.tokenizer;
  if (tokenizer.bos()) context["bos_token"] = tokenizer.spelling(*tokenizer.bos());
  if (tokenizer.eos()) context["eos_token"] = tokenizer.spelling(*tokenizer.eos());
  context["add_generation_prompt"] = false;
  const std::string content = read_text_file(path);
  std::string text;
  int number = 0;
  for (std::string_view rest = content; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    context["messages"] = messages_of(line, fmt::format("{}:{}", path.string(), number));
    text += chat_template.render(context, fixed_day);
    text += document_end;
  }
  return text;
}

}  // namespace

CalibrationTexts read_calibration_texts(const std::vector<std::filesystem::path>& paths,
                                        const OpenedModel& model) {
  if (paths.empty()) return {{"nybble"}, {std::string(default_calibration_text())}};
  CalibrationTexts texts;
  for (const auto& path : paths) {
    texts.names.push_back(path.filename().string());
    texts.contents.push_back(path.extension() == ".jsonl" ? render_chats(path, model)
                                                          : read_text_file(path));
  }
  return texts;
}

}  // namespace nybble
