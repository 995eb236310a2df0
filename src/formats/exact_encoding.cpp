#include "formats/exact_encoding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "formats/recode.h"
#include "formats/scale_search.h"

namespace nybble::formats {
namespace {

// How a block keeps its one scale. store() says whether it can.
bool store_scale(float scale, Half& out) {
  out = to_half(scale);
  return to_float(out) == scale;
}
bool store_scale(float scale, float& out) {
  out = scale;
  return std::isfinite(scale);
}

template <class F>
bool set_scale(float scale, typename F::Block& block) {
  if constexpr (requires { block.exponent; }) {
    const int exponent = std::ilogb(scale) + 128;
    block.exponent = static_cast<std::uint8_t>(exponent);
    return scale > 0 && exponent >= 0 && exponent < 255 && F::half_scale(block.exponent) == scale;
  } else {
    return store_scale(scale, block.scale);
  }
}

// Several scales may be right: of values that are all multiples of 3, say. Files store them as
// bfloat16 or halves, so those of few significant bits go first.
constexpr int scale_bits[] = {8, 11, 24};

bool has_bits(float scale, int bits) {
  return (std::bit_cast<std::uint32_t>(scale) & ((1u << (24 - bits)) - 1)) == 0;
}

template <class F>
constexpr bool has_float_scale = requires(typename F::Block block) {
  requires std::is_same_v<decltype(block.scale), float>;
};

// The level of a value for a scale; n_levels when it is not on the grid.
int level_of(const Recoding& grid, float x, float scale) {
  const float wanted = x / scale;
  int level = 0;
  if (grid.even) {
    const float place = std::nearbyint(wanted) - grid.levels[0];
    level = static_cast<int>(std::clamp(place, 0.0f, static_cast<float>(grid.n_levels - 1)));
  } else {
    while (level + 1 < grid.n_levels && wanted > (grid.levels[level] + grid.levels[level + 1]) / 2)
      ++level;
  }
  return scale * grid.levels[level] == x ? level : grid.n_levels;
}

template <class F>
bool fits(const Recoding& grid, const float* x, float scale, std::uint8_t* codes) {
  for (int i = 0; i < F::block_len; ++i) {
    const int level = level_of(grid, x[i], scale);
    if (level == grid.n_levels) return false;
    codes[i] = grid.level_codes[level];
  }
  return true;
}

// Calls attempt(scale) for the scales that bring the farthest value onto a level, until one is
// right. A float divided by a level may be off by its last place.
template <class F, class Attempt>
bool try_scales(float farthest, float level, const Attempt& attempt) {
  const float scale = farthest / level;
  if (attempt(scale)) return true;
  return has_float_scale<F> &&
         (attempt(std::nextafter(scale, INFINITY)) || attempt(std::nextafter(scale, 0.0f)));
}

// Whether a scale and its opposite reach the same values; then files have the positive one.
bool is_symmetric(const Recoding& grid) {
  for (int k = 0; k < grid.n_levels; ++k)
    if (grid.levels[k] != -grid.levels[grid.n_levels - 1 - k]) return false;
  return true;
}

template <class F>
bool encode_block(const float* x, typename F::Block& block) {
  const Recoding& grid = *recoding(id_of<F>());
  std::uint8_t codes[F::block_len];
  const float farthest = farthest_from_0(x, F::block_len);
  if (farthest == 0) {
    // With a scale of 0 any codes are right; IQ4_NL has none of a level 0.
    constexpr bool has_exponent = requires {
      block.exponent;
    };
    if (!fits<F>(grid, x, 1, codes)) {
      if (has_exponent) return false;
      std::fill_n(codes, F::block_len, grid.level_codes[0]);
    }
    set_scale<F>(has_exponent ? 0x1p-127f : 0.0f, block);
    F::set_codes(block, codes);
    return true;
  }
  const bool positive_only = is_symmetric(grid);
  for (const int bits : scale_bits) {
    if (!has_float_scale<F> && bits != 24) continue;
    // From the outermost levels on: what an encoder is likely to have used.
    for (int k = 0; k < grid.n_levels; ++k) {
      const int place = k / 2, index = k % 2 == 0 ? place : grid.n_levels - 1 - place;
      const float level = grid.levels[index];
      if (level == 0 || (positive_only && (level < 0) != (farthest < 0))) continue;
      const bool found = try_scales<F>(farthest, level, [&](float scale) {
        return has_bits(scale, bits) && set_scale<F>(scale, block) &&
               fits<F>(grid, x, scale, codes);
      });
      if (!found) continue;
      F::set_codes(block, codes);
      return true;
    }
  }
  return false;
}

// With a zero point: integers whose range is that of the codes and holds 0.
template <class F>
bool encode_with_zero_point(const float* x, typename F::Block& block) {
  const float farthest = farthest_from_0(x, F::block_len);
  int steps[F::block_len] = {};
  const auto [low, high] = std::minmax_element(x, x + F::block_len);
  const auto is_right = [&](float scale) {
    for (int i = 0; i < F::block_len; ++i) {
      const float step = std::nearbyint(x[i] / scale);
      if (std::fabs(step) >= F::n_codes || scale * step != x[i]) return false;
      steps[i] = static_cast<int>(step);
    }
    const auto [least, most] = std::minmax_element(steps, steps + F::block_len);
    block.scale = scale;
    block.zero_point = -std::min(*least, 0);
    return std::max(*most, 0) + block.zero_point < F::n_codes;
  };
  bool found = farthest == 0;
  block.scale = 0;
  block.zero_point = F::zero;
  for (const int bits : scale_bits) {
    for (int step = F::n_codes - 1; step > 0 && !found; --step) {
      found = try_scales<F>(std::fabs(farthest), static_cast<float>(step),
                            [&](float scale) { return has_bits(scale, bits) && is_right(scale); });
    }
  }
  if (!found || !std::isfinite(*low) || !std::isfinite(*high)) return false;
  std::uint8_t codes[F::block_len];
  for (int i = 0; i < F::block_len; ++i)
    codes[i] = static_cast<std::uint8_t>(steps[i] + block.zero_point);
  F::set_codes(block, codes);
  return true;
}

template <class F>
bool encode_blocks(const float* x, std::size_t n, std::byte* blocks) {
  for (std::size_t b = 0; b < n; ++b) {
    typename F::Block block{};
    bool is_exact = false;
    if constexpr (requires { block.zero_point; }) {
      is_exact = encode_with_zero_point<F>(x + b * F::block_len, block);
    } else {
      is_exact = encode_block<F>(x + b * F::block_len, block);
    }
    if (!is_exact) return false;
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
  return true;
}

// Q8_0's codes are not chosen anew by methods, so it has no recoding; its levels are -128 ... 127.
struct Q8_0Exact : Q8_0 {
  static bool encode_blocks(const float* x, std::size_t n, std::byte* blocks) {
    for (std::size_t b = 0; b < n; ++b, x += block_len) {
      Block block{};
      if (!encode_block(x, block)) return false;
      std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
    }
    return true;
  }

 private:
  static bool encode_block(const float* x, Block& block) {
    const float farthest = farthest_from_0(x, block_len);
    if (farthest == 0) return true;
    for (int step = 128; step > 0; --step) {
      const float scale = farthest / static_cast<float>(step);
      if (is_right(x, scale, block) || is_right(x, -scale, block)) return true;
    }
    return false;
  }
  static bool is_right(const float* x, float scale, Block& block) {
    if (!store_scale(scale, block.scale)) return false;
    for (int i = 0; i < block_len; ++i) {
      const float step = std::nearbyint(x[i] / scale);
      if (step < -128 || step > 127 || scale * step != x[i]) return false;
      block.codes[i] = static_cast<std::int8_t>(step);
    }
    return true;
  }
};

// The searches divide values and turn them to integers: they have to be finite.
template <int block_len, EncodeExactly encode>
bool encode_finite(const float* x, std::size_t n, std::byte* blocks) {
  return std::all_of(x, x + n * block_len, [](float value) { return std::isfinite(value); }) &&
         encode(x, n, blocks);
}

struct EncoderOf {
  template <class F>
  EncodeExactly operator()() const {
    if constexpr (std::is_same_v<F, Q8_0>) {
      return encode_finite<Q8_0::block_len, Q8_0Exact::encode_blocks>;
    } else if constexpr (Recodable<F>) {
      constexpr bool has_one_scale = F::block_len == F::group_len && Encodable<F>;
      constexpr bool has_offset = requires(typename F::Block block) {
        block.offset;
      };
      if constexpr (has_one_scale && !has_offset)
        return encode_finite<F::block_len, encode_blocks<F>>;
    }
    return nullptr;
  }
};

}  // namespace

EncodeExactly exact_encoder(FormatId format) {
  return visit(format, EncoderOf{});
}

}  // namespace nybble::formats
