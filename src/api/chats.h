// Files of chats, {"messages": [{"role": ..., "content": ...}, ...]} a line, and what the template
// of a model makes of them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "api/opened_model.h"
#include "base/json.h"
#include "text/chat_template.h"

namespace nybble {

// By its name: NAME.jsonl.
bool is_chat_file(const std::filesystem::path& path);

// Calls `take` with the messages of each line that is not empty, and where they stand ("FILE:3").
// Throws Error(invalid_input) naming file and line, Error(io).
void for_each_chat(
    const std::filesystem::path& path,
    const std::function<void(const OrderedJson& messages, const std::string& where)>& take);

// Today is always the same day, so that the same chats always give the same text.
class ChatRenderer {
 public:
  // path: of the chats, for messages. Throws Error(invalid_input) when the model has no template.
  ChatRenderer(const OpenedModel& model, const std::filesystem::path& path);

  // asks: with the beginning of an answer behind the messages. Throws as ChatTemplate::render().
  std::string render(const OrderedJson& messages, bool asks) const;

 private:
  text::ChatTemplate template_;
  OrderedJson context_;
};

}  // namespace nybble
