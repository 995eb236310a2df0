// Chat templates: the Jinja that model templates use, run in a sandbox with limits on steps, depth
// and output.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "files/checkpoint.h"

namespace nybble::text {

// Immutable after construction.
class ChatTemplate {
 public:
  // Throws Error(corrupt_file) with line and what was expected.
  explicit ChatTemplate(std::string source);
  ChatTemplate(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  // context: the variables: messages, tools, add_generation_prompt, bos_token, eos_token, and any
  // others. now: seconds since 1970 for strftime_now (UTC). Same output as transformers'
  // apply_chat_template. Throws Error(invalid_input) when the template raises an exception,
  // Error(unsupported) past a limit.
  std::string render(const OrderedJson& context, std::int64_t now) const;
  const std::string& source() const { return source_; }

 private:
  std::string source_;
  struct Program;
  std::unique_ptr<const Program> program_;
};

// The source of a checkpoint's chat template; empty when it has none. GGUF:
// tokenizer.chat_template; directory: chat_template.jinja, chat_template.json, else the entry of
// tokenizer_config.json (the one named "default").
std::string find_chat_template(const files::Checkpoint& checkpoint);

}  // namespace nybble::text
