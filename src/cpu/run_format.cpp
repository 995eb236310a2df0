#include "cpu/run_format.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "formats/all.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::cpu {
namespace {

// Tables of integers get this added, so that they become bytes.
constexpr int table_zero = 128;

template <class F>
concept HasHalfScale = requires(const typename F::Block& block) {
  { block.scale } -> std::convertible_to<Half>;
};
template <class F>
concept HasSubScales = requires(const typename F::Block& block) {
  F::sub_scale(block, 0);
};
template <class F>
concept CountsCodes = requires {
  F::n_codes;
};

template <class F>
constexpr int n_groups = F::block_len / F::group_len;

// The scales of some block: what a format never sets stays as GroupScales has it.
template <class F>
constexpr auto some_groups() {
  std::array<std::uint8_t, sizeof(typename F::Block)> bytes{};
  bytes.fill(0x11);
  return F::groups(std::bit_cast<typename F::Block>(bytes));
}

// Scales that are the half of the block, not computed from it.
template <class F>
constexpr bool has_half_scales() {
  if constexpr (!HasHalfScale<F>) return false;
  if constexpr (formats::AffineFormat<F>) return some_groups<F>().scale == to_float(Half{0x1111});
  return true;
}

template <class F>
constexpr bool has_integer_table() {
  for (int i = 0; i < 16; ++i) {
    const float level = F::table[i];
    if (level < -128 || level > 127 || level != static_cast<float>(static_cast<int>(level)))
      return false;
  }
  return true;
}

template <class F>
constexpr std::array<std::uint8_t, 16> byte_table() {
  std::array<std::uint8_t, 16> table{};
  for (int i = 0; i < 16; ++i)
    table[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(static_cast<int>(F::table[i]) + table_zero);
  return table;
}
template <class F>
constexpr auto bytes_of_table = byte_table<F>();

// Codes without a number are signed bytes.
template <class F>
constexpr bool is_signed = !CountsCodes<F>;
template <class F>
constexpr int bits_of() {
  if constexpr (CountsCodes<F>) return std::bit_width(static_cast<unsigned>(F::n_codes - 1));
  return 8;
}

template <class F>
void take_codes(const typename F::Block& block, RunBlock& out) {
  if constexpr (formats::Unpackable<F>) {
    F::unpack(block, out.codes);
  } else {
    for (int i = 0; i < F::block_len; ++i)
      out.codes[i] = static_cast<std::uint8_t>(F::code(block, i) + (is_signed<F> ? 128 : 0));
  }
}

template <class F>
void take_affine(const std::byte* bytes, RunBlock& out) {
  typename F::Block block;
  std::memcpy(&block, bytes, sizeof block);
  take_codes<F>(block, out);
  const auto groups = F::groups(block);
  out.scale = groups.scale;
  out.offset = groups.offset;
  std::copy_n(groups.sub_scale, n_groups<F>, out.sub_scale);
  std::copy_n(groups.sub_offset, n_groups<F>, out.sub_offset);
}

template <class F>
void take_table(const std::byte* bytes, RunBlock& out) {
  typename F::Block block;
  std::memcpy(&block, bytes, sizeof block);
  take_codes<F>(block, out);
  out.scale = 1;
  if constexpr (HasSubScales<F>) out.scale = to_float(block.scale);
  for (int g = 0; g < n_groups<F>; ++g) {
    if constexpr (HasSubScales<F>) {
      out.sub_scale[g] = static_cast<float>(F::sub_scale(block, g));
    } else {
      out.sub_scale[g] = F::group_scale(block, g);
    }
  }
}

// The coordinates: what a value is, over the scale of its group.
template <class F>
void take_lattice(const std::byte* bytes, RunBlock& out) {
  typename F::Block block;
  std::memcpy(&block, bytes, sizeof block);
  float values[F::block_len];
  F::decode(block, values);
  out.scale = 1;
  constexpr float nearest = table_zero + 0.5f;  // what is cut to an integer is above 0
  std::memset(out.codes, table_zero, F::block_len);
  for (int g = 0; g < n_groups<F>; ++g) {
    const float scale = F::group_scale(block, g);
    out.sub_scale[g] = scale;
    if (scale == 0 || !std::isfinite(scale)) continue;
    const float inverse = 1 / scale;
    for (int i = g * F::group_len; i < (g + 1) * F::group_len; ++i)
      out.codes[i] = static_cast<std::uint8_t>(static_cast<int>(values[i] * inverse + nearest));
  }
}

template <class F>
constexpr bool has_groups() {
  if constexpr (formats::AffineFormat<F> || formats::TableFormat<F> || formats::LatticeFormat<F>) {
    return F::block_len % 32 == 0 && F::block_len <= RunBlock::max_len &&
           (F::group_len == 16 || F::group_len % 32 == 0);
  }
  return false;
}

template <class F>
constexpr RunFormat describe() {
  if constexpr (!has_groups<F>()) {
    return {};
  } else {
    RunFormat format{.table = nullptr,
                     .block_len = F::block_len,
                     .group_len = F::group_len,
                     .scales = has_half_scales<F>() ? RunScales::halves : RunScales::floats};
    if constexpr (formats::AffineFormat<F>) {
      constexpr unsigned zero = is_signed<F> ? 128 : F::zero;
      if (zero != 0 && !std::has_single_bit(zero)) return {};
      format.bits = bits_of<F>();
      format.zero_shift = zero == 0 ? 32 : std::countr_zero(zero);
      if (n_groups < F >> 1) format.scales = RunScales::two_levels;
      format.has_offsets = some_groups<F>().offset * some_groups<F>().sub_offset[0] != 0;
      format.take = take_affine<F>;
    } else if constexpr (formats::LatticeFormat<F>) {
      format.bits = 8;
      format.zero_shift = std::countr_zero(unsigned{table_zero});
      format.scales = RunScales::floats;
      format.is_lattice = true;
      format.take = take_lattice<F>;
    } else if constexpr (has_integer_table<F>()) {
      format.bits = 4;
      format.zero_shift = std::countr_zero(unsigned{table_zero});
      format.table = bytes_of_table<F>.data();
      if (HasSubScales<F>) format.scales = RunScales::two_levels;
      format.take = take_table<F>;
    }
    if (format.is_lattice || format.bits <= 3) format.input_group_len = 16;
    return format;
  }
}

template <class... Fs>
constexpr auto describe_all(formats::FormatList<Fs...>) {
  return std::array{describe<Fs>()...};
}

}  // namespace

const RunFormat* run_format(FormatId format) {
  static constexpr auto table = describe_all(formats::AllFormats{});
  const RunFormat& found = table[static_cast<std::size_t>(format)];
  return found.take == nullptr ? nullptr : &found;
}

}  // namespace nybble::cpu
