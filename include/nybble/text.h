// The text side of a model: token ids and chat templates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nybble {

struct TokenPiece {
  std::int32_t id = 0;
  std::string piece;  // as the vocabulary spells it
};

// Tokens of each text (the model's rules for BOS and special tokens; special = false: neither).
std::vector<std::vector<TokenPiece>> tokenize(const std::filesystem::path& model,
                                              const std::vector<std::string>& texts,
                                              bool special = true);

struct TemplateRequest {
  std::filesystem::path source;  // a model, or a file that holds a Jinja template
  std::string messages_json;     // an array of messages, or an object of variables with "messages"
  std::string tools_json;        // an array; empty: none
  std::string
      variables_json;    // an object of further variables (--chat-template-kwargs); empty: none
  std::string bos, eos;  // used when the source is a bare template, and to override
  bool add_generation_prompt = true;
  std::int64_t now = 0;  // seconds since 1970 for strftime_now; 0: now
};
std::string render_template(const TemplateRequest& request);

}  // namespace nybble
