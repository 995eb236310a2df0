// Changes text before it is cut: Unicode forms, case, spaces.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

class Normalizer {
 public:
  // Throws Error(corrupt_file) when a regular expression or a character map is broken.
  explicit Normalizer(const std::vector<NormalizerStep>& steps);

  // text: valid UTF-8; so is the result.
  std::string apply(std::string text) const;
  bool empty() const { return steps_.empty(); }

 private:
  std::vector<std::function<std::string(std::string)>> steps_;
};

}  // namespace nybble::text
