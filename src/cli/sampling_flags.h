// llama.cpp's flags for generation: sampling, length, stop strings.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "nybble/session.h"

namespace nybble::cli {

struct SamplingFlags {
  GenerateOptions generate;
  std::int64_t seed = -1;               // < 0: another one each time
  std::vector<std::string> logit_bias;  // "15043+1", "29905-inf"
};

void add_sampling_flags(CLI::App& verb, SamplingFlags& flags);
// The options of the library. Throws Error.
GenerateOptions generate_options(const SamplingFlags& flags);

}  // namespace nybble::cli
