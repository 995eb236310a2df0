// Scales of blocks quantized in turn, as bitsandbytes does: codes of 8 bits for a table of 256
// levels, a scale for 256 codes and an offset for all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nybble::packing {

inline constexpr std::size_t nested_block_len = 256;

struct DoubleQuantized {
  float offset = 0;
  std::vector<float> absmax;  // of 256 codes each
  std::vector<std::uint8_t> codes;
};

// The levels of bitsandbytes' create_dynamic_map(), ascending, from -0.993 to 1, fine near 0.
const std::array<float, 256>& dynamic_map();

// The scale of each code: map[code] * absmax + offset, both roundings in float. block_len: codes
// of one absmax.
std::vector<float> decode_scales(const DoubleQuantized& quantized, std::span<const float> map,
                                 std::size_t block_len);

// Chooses offset, absmax and codes such that find_double_quantization() finds them, or others that
// decode to the same bits, from the decoded scales alone. Throws Error(invalid_input) when not all
// scales are finite.
DoubleQuantized quantize_scales(std::span<const float> scales);
// What decodes to exactly these scales. nullopt: they are none that quantize_scales() leads to.
std::optional<DoubleQuantized> find_double_quantization(std::span<const float> scales);

}  // namespace nybble::packing
