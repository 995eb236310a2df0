// RoPE settings in the two dialects: config.json of Hugging Face, and GGUF keys.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "files/hf_config.h"
#include "files/metadata.h"
#include "models/decoder_config.h"

namespace nybble::models {

// Reads rope_theta and rope_scaling (transformers 4) or rope_parameters (5). config.context and
// head_dim are set already.
void read_hf_rope(const files::HfConfig& hf, double default_base, DecoderConfig& config);
// Adds rope_theta and rope_scaling, which both versions of transformers read.
void describe_hf_rope(const DecoderConfig& config, OrderedJson& json);

// Reads the keys "<architecture>.rope.*"; the lists of factors are tensors and come in by the
// caller.
void read_gguf_rope(const files::Metadata& metadata, DecoderConfig& config);
// What GGUF has no key for is told in notes.
void write_gguf_rope(const DecoderConfig& config, files::Metadata& metadata,
                     std::vector<std::string>& notes);

}  // namespace nybble::models
