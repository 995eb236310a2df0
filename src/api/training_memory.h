// Memory that training takes.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/decoder_config.h"

namespace nybble {

// Throws Error(out_of_memory) when fewer than `needed` bytes may be held. what: "tuning this
// model"; instead: what else there is to do.
void check_training_memory(std::uint64_t needed, std::uint64_t memory_bytes, std::string_view what,
                           std::string_view instead);

// Layers whose traces of so many tokens fit into half of the memory that is left.
int layers_to_keep(const models::DecoderConfig& config, std::size_t tokens,
                   std::uint64_t memory_bytes);

}  // namespace nybble
