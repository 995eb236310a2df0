// The pre-tokenizers that GGUF knows by name (tokenizer.ggml.pre), as steps.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

struct NamedPreTokenizer {
  std::string_view name;
  std::vector<PreTokenizerStep> steps;
  std::vector<NormalizerStep> normalizer = {};  // that the models of this name have
  bool ignore_merges = false;
  bool adds_bos = false;  // when the file does not say
};

// In this order: of several names for the same steps, the first is the one to write.
std::span<const NamedPreTokenizer> named_pre_tokenizers();

// nullptr when the name is not known.
const NamedPreTokenizer* find_pre_tokenizer(std::string_view name);

}  // namespace nybble::text
