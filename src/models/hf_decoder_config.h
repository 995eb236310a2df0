// The configuration of a decoder as config.json of Hugging Face.
#pragma once

#include <string>
#include <string_view>

#include "models/architecture.h"

namespace nybble::models {

// Reads the sizes, RoPE and the flags of the family, checked.
DecoderConfig read_hf_config(const files::HfConfig& hf, const Architecture& architecture);
struct DescribedModel {
  const Architecture* architecture = nullptr;
  DecoderConfig config;
};
// The same from the text of a config.json, whose path is `where`, of a model that messages call
// `model`. Throws Error(unsupported) for an architecture that nybble does not know.
DescribedModel read_hf_text(std::string_view text, const std::string& where,
                            const std::string& model);
[[noreturn]] void refuse_architecture(const std::string& model, const std::string& found);
// A config.json that transformers 4 and 5 read.
OrderedJson write_hf_config(const DecoderConfig& config, const Architecture& architecture);

}  // namespace nybble::models
