// Matches tensors with what the user asks for.
#include "quantize/type_override.h"

#include "base/error.h"

namespace nybble::quantize {
namespace {

// std::regex recurses once a character.
constexpr std::size_t max_name = 1024;

TypeChoice asked(const std::string& format, const std::string& flag) {
  return {format_named(format, flag), "asked: " + flag};
}

}  // namespace

TypeOverrides::TypeOverrides(const Overrides& overrides) : overrides_(overrides) {
  for (const auto& [text, format] : overrides.tensor_types) {
    try {
      patterns_.push_back({std::regex(text), text, format_named(format, "--tensor-type " + text)});
    } catch (const std::regex_error&) {
      fail(ErrorKind::invalid_input, "--tensor-type: \"{}\" is not a regular expression", text);
    }
  }
}

const TypeOverrides::Pattern* TypeOverrides::pattern_for(const std::string& name) const {
  if (patterns_.empty()) return nullptr;
  if (name.size() > max_name) {
    fail(ErrorKind::unsupported,
         "tensor {}...: its name has {} bytes, more than --tensor-type takes ({})",
         name.substr(0, 60), name.size(), max_name);
  }
  for (const Pattern& pattern : patterns_) {
    if (std::regex_search(name, pattern.expression)) return &pattern;
  }
  return nullptr;
}

std::optional<TypeChoice> TypeOverrides::choice(const std::string& name, const Role* role,
                                                bool tied) const {
  const Pattern* pattern = pattern_for(name);
  const bool is_embedding = role && role->name == "embedding";
  const bool is_head = role && role->name == "head";
  // The second table of a model that has two is large: a pattern may name it apart.
  const bool own_pattern = pattern && name != "token_embd.weight";
  if (is_embedding && !own_pattern && !overrides_.token_embedding_type.empty()) {
    return asked(overrides_.token_embedding_type, "--token-embedding-type");
  }
  if (is_head && !overrides_.output_tensor_type.empty()) {
    return asked(overrides_.output_tensor_type, "--output-tensor-type");
  }
  if (pattern) return TypeChoice{pattern->format, "asked: --tensor-type " + pattern->text};
  if (is_embedding && tied && !overrides_.output_tensor_type.empty()) {
    return asked(overrides_.output_tensor_type, "--output-tensor-type");
  }
  return std::nullopt;
}

}  // namespace nybble::quantize
