// Any bytes are a chat template that renders a conversation, or an Error.
#include <string>

#include "nybble/error.h"
#include "text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using nybble::OrderedJson;
  static const OrderedJson context = {
      {"messages",
       {{{"role", "user"}, {"content", "Hi \u00e9"}},
        {{"role", "assistant"}, {"content", {{{"type", "text"}, {"text", "a"}}}}}}},
      {"tools", {{{"name", "f"}, {"parameters", {{"n", 1.5}, {"b", true}, {"none", nullptr}}}}}},
      {"bos_token", "<s>"},
      {"add_generation_prompt", true}};
  try {
    nybble::text::ChatTemplate(std::string(reinterpret_cast<const char*>(data), size))
        .render(context, 1721984461);
  } catch (const nybble::Error&) {
  }
  return 0;
}
