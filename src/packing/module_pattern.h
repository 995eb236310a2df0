// How a quantization_config of compressed-tensors names modules.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace nybble::packing {

// "model.layers.0.mlp.up_proj", "re:.*mlp.*", which must match from the beginning of the name, or
// "Linear", a class. Source: compressed_tensors/utils/match.py. Copies share the compiled pattern.
class ModulePattern {
 public:
  // In the order in which compressed-tensors prefers the groups that they stand in.
  enum class Kind { name, expression, linear };

  // Throws Error(corrupt_file) when the expression is none.
  ModulePattern(std::string text, std::string_view where);

  Kind kind() const { return kind_; }
  // Throws Error(unsupported) when the expression takes too many steps.
  bool matches(std::string_view module) const;

 private:
  std::string text_;
  Kind kind_ = Kind::name;
  std::shared_ptr<void> code_;  // of PCRE2
};

}  // namespace nybble::packing
