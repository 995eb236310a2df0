// IQ4_NL: 32 4-bit codes for uneven levels and one fp16 scale, 4.5 bits per weight. Layout:
// docs/formats/iq4_nl.md
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/level_search.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct IQ4Levels {
  static constexpr const float (&value)[16] = iq4_levels.value;
};

// Finds scales on the levels of IQ4_NL and IQ4_XS.
struct IQ4Search : LevelSearch<IQ4Levels> {
  // The largest magnitude lands between 92 and 160 (the outer levels are -127 and 113): further out
  // is never better with the format's own weights, but can be when importance says to give up the
  // largest value.
  static constexpr SearchSteps own_steps = {92, 1.04f, 15}, importance_steps = {92, 1.04f, 30};
  // The best fits with a negative and a positive scale: the levels are not symmetric.
  struct Fits {
    ScaleFit of_sign[2] = {{0, 0, 0}, {0, 0, 0}};
    const ScaleFit& best() const { return of_sign[of_sign[1].error < of_sign[0].error]; }
  };

  // x [32] of magnitudes up to 1. A group of nothing but values below any sub-scale gets the scale
  // 0.
  static Fits search_group(const float* x, const float* weight, bool has_importance) {
    float largest = 0;
    for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(x[i]));
    if (largest < 1e-9f) return {};
    const SearchSteps steps = has_importance ? importance_steps : own_steps;
    return {{search<32>(x, weight, largest, -1, steps), search<32>(x, weight, largest, 1, steps)}};
  }
};

struct IQ4_NL {
  static constexpr std::string_view name = "IQ4_NL";
  static constexpr int gguf_type = 20, block_len = 32, group_len = 32;
  static constexpr Table16 table = iq4_levels;
  struct Block {
    Half scale;
    std::uint8_t codes[16];
  };

  static constexpr int code(const Block& block, int i) { return split_nibble<32>(block.codes, i); }
  static constexpr float group_scale(const Block& block, int) { return to_float(block.scale); }
  static constexpr void decode(const Block& block, float* out) {
    decode_split_nibbles<IQ4_NL>(block.codes, to_float(block.scale), out);
  }

  static Block encode(const float* x, const float* importance) {
    const ScaledValues<32> values(x, importance);
    Block block{finite_half(values.unit), {}};
    if (!(values.unit > 0)) return block;
    const auto fits = IQ4Search::search_group(values.x, values.weight, importance != nullptr);
    block.scale = finite_half(fits.best().scale * values.unit);
    write_split_nibbles<IQ4Search, 32>(values.x, to_float(block.scale) / values.unit, block.codes);
    return block;
  }
};
static_assert(TableFormat<IQ4_NL> && Encodable<IQ4_NL> && sizeof(IQ4_NL::Block) == 18);

}  // namespace nybble::formats
