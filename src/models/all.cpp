// The list of model families. A new family is one file and one line here.
#include <array>

#include "models/architecture.h"
#include "models/families.h"

namespace nybble::models {

std::span<const Architecture* const> all_architectures() {
  static constexpr std::array<const Architecture*, 5> all{&mistral, &llama, &qwen2, &qwen3,
                                                          &smollm3};
  return all;
}

std::string known_architectures() {
  std::string names;
  for (const Architecture* architecture : all_architectures()) {
    names += (names.empty() ? "" : ", ") + std::string(architecture->hf_class);
  }
  return names;
}

}  // namespace nybble::models
