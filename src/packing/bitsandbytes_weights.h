// The weights that bitsandbytes keeps, as blocks.
#pragma once

#include <memory>
#include <string_view>

#include "files/checkpoint.h"
#include "packing/packed_weight.h"

namespace nybble::packing {

// Codes of 4 bits: NF4 or FP4 blocks, or F32 where the blocks of the file do not fit in rows of
// these. nullptr: the module has no quant_state. Throws Error(corrupt_file).
std::shared_ptr<const PackedWeight> find_4bit(const files::Checkpoint& checkpoint,
                                              std::string_view module, const Shape& shape);
// Codes of 8 bits (LLM.int8()): INT8-Gn blocks, or F32 where 32 does not divide the rows. nullptr:
// the module has no SCB. Throws Error.
std::shared_ptr<const PackedWeight> find_int8(const files::Checkpoint& checkpoint,
                                              std::string_view module, const Shape& shape);

}  // namespace nybble::packing
