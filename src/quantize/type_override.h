// What the user asks for tensors by name, over the recipe.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "quantize/recipe.h"
#include "quantize/recipe_file.h"

namespace nybble::quantize {

class TypeOverrides {
 public:
  // Keeps a reference to `overrides`. Throws Error(invalid_input).
  explicit TypeOverrides(const Overrides& overrides);

  // role: nullptr where the table has none. Nothing when the user asks for nothing.
  std::optional<TypeChoice> choice(const std::string& name, const Role* role, bool tied) const;

 private:
  struct Pattern {
    std::regex expression;
    std::string text;
    FormatId format;
  };
  const Pattern* pattern_for(const std::string& name) const;

  const Overrides& overrides_;
  std::vector<Pattern> patterns_;
};

}  // namespace nybble::quantize
