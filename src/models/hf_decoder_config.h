// The configuration of a decoder as config.json of Hugging Face.
#pragma once

#include "models/architecture.h"

namespace nybble::models {

// Reads the sizes, RoPE and the flags of the family, checked.
DecoderConfig read_hf_config(const files::HfConfig& hf, const Architecture& architecture);
// A config.json that transformers 4 and 5 read.
OrderedJson write_hf_config(const DecoderConfig& config, const Architecture& architecture);

}  // namespace nybble::models
