// The formats of compressed-tensors: each reads the parts of one weight as blocks. Layouts:
// docs/formats/compressed_tensors.md
#pragma once

#include <memory>

#include "packing/config_groups.h"
#include "packing/packed_weight.h"

namespace nybble::packing {

struct CompressedModule {
  const files::Checkpoint& checkpoint;
  std::string_view name;
  const Shape& shape;  // of its weight
  const WeightScheme& scheme;
  std::string_view scales = "weight_scale";  // the part
};

using CompressedReader = std::shared_ptr<PackedWeight> (*)(const CompressedModule& module);

// weight_packed: integers of 1 to 8 bits in words.
std::shared_ptr<PackedWeight> read_pack_quantized(const CompressedModule& module);
// weight: one int8 or FP8 (E4M3) for each value.
std::shared_ptr<PackedWeight> read_int_quantized(const CompressedModule& module);
std::shared_ptr<PackedWeight> read_float_quantized(const CompressedModule& module);
// One of the two, by the type.
std::shared_ptr<PackedWeight> read_naive_quantized(const CompressedModule& module);
// FP8 values, scales that are powers of two.
std::shared_ptr<PackedWeight> read_mxfp8_quantized(const CompressedModule& module);
// FP4 values, two a byte.
std::shared_ptr<PackedWeight> read_mxfp4_pack_quantized(const CompressedModule& module);
std::shared_ptr<PackedWeight> read_nvfp4_pack_quantized(const CompressedModule& module);

// For readers that take one number of bits only. Throws Error(unsupported).
void expect_scheme(const CompressedModule& module, int bits, bool is_float);
[[noreturn]] void refuse_group(const CompressedModule& module, const ScaleGrid& grid,
                               std::string_view expected);

}  // namespace nybble::packing
