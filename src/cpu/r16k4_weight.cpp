#include "cpu/r16k4_weight.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/half.h"
#include "cpu/a8_panels.h"
#include "tensor/tensor.h"

namespace nybble::cpu {
namespace {

// Columns unpacked at a time, in blocks of 32: two times 16 rows then fit the first-level cache.
constexpr std::int64_t chunk_blocks = 16;
// Bytes of 32 columns of 16 rows, one a code.
constexpr std::int64_t tile_bytes = a8_len * lanes;

// The planes of a code, lowest bits first.
struct Planes {
  int low, high;
};
Planes planes_of(int bits) {
  constexpr std::array<Planes, 9> table{
      {{}, {1, 0}, {2, 0}, {2, 1}, {4, 0}, {4, 1}, {4, 2}, {}, {8, 0}}};
  return table[static_cast<std::size_t>(bits)];
}

// Bits [shift, shift + bits) of codes [8][64] as a plane.
void store_plane(const std::uint8_t* codes, int shift, int bits, std::uint8_t* plane) {
  const int per_byte = 8 / bits, mask = (1 << bits) - 1;
  for (int vector = 0; vector < bits; ++vector, plane += 64) {
    std::memset(plane, 0, 64);
    for (int part = 0; part < per_byte; ++part) {
      const std::uint8_t* from = codes + (vector * per_byte + part) * 64;
      for (int i = 0; i < 64; ++i)
        plane[i] = static_cast<std::uint8_t>(plane[i] | (from[i] >> shift & mask) << part * bits);
    }
  }
}

int plane_code(const std::uint8_t* plane, int bits, std::int64_t step, std::int64_t byte) {
  const std::int64_t per_byte = 8 / bits;
  return plane[step / per_byte * 64 + byte] >> step % per_byte * bits & ((1 << bits) - 1);
}

// The codes of one row's block in a tile [.][16][4].
void put_codes(const std::uint8_t* codes, int n, std::int64_t lane, std::uint8_t* tile) {
  for (int step = 0; step < n / 4; ++step)
    std::memcpy(tile + step * 64 + lane * 4, codes + step * 4, 4);
}

template <class T>
void put(std::byte* place, std::int64_t index, T value) {
  std::memcpy(place + index * std::int64_t{sizeof(T)}, &value, sizeof value);
}

}  // namespace

std::size_t R16k4Weight::lattice_bytes(std::int64_t rows, std::int64_t cols, int group_len) {
  const std::int64_t panels = (rows + panel_rows - 1) / panel_rows;
  return static_cast<std::size_t>(panels * panel_rows * cols) +
         static_cast<std::size_t>(panels * panel_rows * cols / group_len) * sizeof(float);
}

R16k4Weight::ScalePlaces R16k4Weight::scale_places(const RunFormat& format, std::int64_t cols) {
  const std::int64_t groups = cols / format.group_len;
  if (format.scales == RunScales::two_levels) {
    const std::int64_t halves = cols / format.block_len * lanes * std::int64_t{sizeof(Half)};
    return {halves, halves + groups * lanes};
  }
  const std::size_t bytes = format.scales == RunScales::halves ? sizeof(Half) : sizeof(float);
  return {0, groups * lanes * static_cast<std::int64_t>(bytes)};
}

std::size_t R16k4Weight::bytes_of(FormatId format, std::int64_t rows, std::int64_t cols,
                                  bool keep_rows) {
  if (keep_rows) return static_cast<std::size_t>(rows) * row_bytes(format, cols);
  const RunFormat& run = *run_format(format);
  const std::int64_t codes = cols / a8_len * tile_bytes / 8 * run.bits,
                     scales = scale_places(run, cols).total * (run.has_offsets ? 2 : 1);
  const std::int64_t sixteens = (rows + panel_rows - 1) / panel_rows * (panel_rows / lanes);
  return static_cast<std::size_t>(sixteens * (codes + scales));
}

R16k4Weight::R16k4Weight(const backend::WeightSource& source, bool keep_rows,
                         const Kernels& kernels, ThreadPool& pool)
    : CpuWeight(source),
      format_(*run_format(source.format)),
      kernels_(kernels.int8),
      blocks_(source.cols / a8_len),
      code_bytes_(blocks_ * tile_bytes / 8 * format_.bits) {
  places_ = scale_places(format_, source.cols);
  scale_bytes_ = places_.total * (format_.has_offsets ? 2 : 1);
  const std::int64_t sixteens = panels() * panel_rows / lanes;
  const std::string name(source.name);
  if (keep_rows) {
    const std::size_t row_size = row_bytes(format(), cols());
    stored_rows_ =
        AlignedArray<std::byte>(static_cast<std::size_t>(rows()) * row_size, name.c_str());
    pool.run(rows(), [&](std::int64_t r, int) {
      std::memcpy(stored_rows_.data() + static_cast<std::size_t>(r) * row_size,
                  source.row(r).data(), row_size);
    });
    return;
  }
  codes_ =
      AlignedArray<std::uint8_t>(static_cast<std::size_t>(sixteens * code_bytes_), name.c_str());
  scales_ =
      AlignedArray<std::byte>(static_cast<std::size_t>(sixteens * scale_bytes_), name.c_str());
  pool.run(sixteens, [&](std::int64_t sixteen, int) { fill_rows(source, sixteen); });
}

void R16k4Weight::store_scales(const RunBlock& block, std::int64_t which, std::int64_t lane,
                               bool offsets, std::byte* place) const {
  const float outer = offsets ? block.offset : block.scale;
  const float* inner = offsets ? block.sub_offset : block.sub_scale;
  const std::int64_t n = format_.block_len / format_.group_len;
  if (format_.scales == RunScales::two_levels) put(place, which * lanes + lane, to_half(outer));
  for (std::int64_t g = 0; g < n; ++g) {
    const std::int64_t at = (which * n + g) * lanes + lane;
    if (format_.scales == RunScales::two_levels) {
      put(place + places_.groups, at, static_cast<std::int8_t>(inner[g]));
    } else if (format_.scales == RunScales::halves) {
      put(place, at, to_half(outer * inner[g]));
    } else {
      put(place, at, outer * inner[g]);
    }
  }
}

void R16k4Weight::store_codes(const std::uint8_t* tile, std::int64_t n_blocks,
                              std::uint8_t* out) const {
  const Planes planes = planes_of(format_.bits);
  for (std::int64_t b = 0; b < n_blocks; ++b, tile += tile_bytes) {
    store_plane(tile, 0, planes.low, out);
    out += 64 * planes.low;
    if (planes.high > 0) store_plane(tile, planes.low, planes.high, out);
    out += 64 * planes.high;
  }
}

void R16k4Weight::fill_rows(const backend::WeightSource& source, std::int64_t sixteen) {
  const std::int64_t first = sixteen * lanes,
                     n = std::clamp<std::int64_t>(rows() - first, 0, lanes);
  std::uint8_t* codes = codes_.data() + sixteen * code_bytes_;
  std::byte* scales = scales_.data() + sixteen * scale_bytes_;
  std::memset(scales, 0, static_cast<std::size_t>(scale_bytes_));
  const int per_block = format_.block_len / a8_len;
  const std::size_t block_bytes = static_cast<std::size_t>(formats::info(format()).block_bytes);
  std::array<std::uint8_t, RunBlock::max_len * lanes> tile{};
  std::array<std::span<const std::byte>, lanes> rows;
  for (std::int64_t r = 0; r < n; ++r) rows[static_cast<std::size_t>(r)] = source.row(first + r);
  for (std::int64_t which = 0; which < cols() / format_.block_len; ++which) {
    for (std::int64_t r = 0; r < n; ++r) {
      RunBlock block;
      format_.take(
          rows[static_cast<std::size_t>(r)].data() + static_cast<std::size_t>(which) * block_bytes,
          block);
      put_codes(block.codes, format_.block_len, r, tile.data());
      store_scales(block, which, r, false, scales);
      if (format_.has_offsets) store_scales(block, which, r, true, scales + places_.total);
    }
    store_codes(tile.data(), per_block, codes);
    codes += per_block * 64 * format_.bits;
  }
}

void R16k4Weight::take_stored(std::int64_t sixteen, std::int64_t first, std::int64_t n,
                              std::uint8_t* codes, float* scales) const {
  const std::int64_t first_row = sixteen * lanes,
                     n_rows = std::clamp<std::int64_t>(rows() - first_row, 0, lanes);
  const std::int64_t groups = format_.block_len / format_.group_len;
  const std::size_t row_size = row_bytes(format(), cols()),
                    block_size = static_cast<std::size_t>(formats::info(format()).block_bytes);
  std::fill_n(scales, groups_in(n) * lanes, 0.0f);
  for (std::int64_t r = 0; r < n_rows; ++r) {
    const std::byte* place =
        stored_rows_.data() + static_cast<std::size_t>(first_row + r) * row_size +
        static_cast<std::size_t>(first * a8_len / format_.block_len) * block_size;
    for (std::int64_t b = 0; b < n * a8_len / format_.block_len; ++b, place += block_size) {
      RunBlock block;
      format_.take(place, block);
      put_codes(block.codes, format_.block_len, r, codes + b * format_.block_len * lanes);
      for (std::int64_t g = 0; g < groups; ++g)
        scales[(b * groups + g) * lanes + r] = block.scale * block.sub_scale[g];
    }
  }
}

void R16k4Weight::expand(std::int64_t sixteen, bool offsets, std::int64_t first, std::int64_t n,
                         float* floats) const {
  const std::byte* place = scales_.data() + sixteen * scale_bytes_ + (offsets ? places_.total : 0);
  const std::int64_t group = format_.group_len, first_group = first * a8_len / group;
  if (format_.scales == RunScales::two_levels) {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(place);
    const auto* factors = reinterpret_cast<const std::int8_t*>(place + places_.groups);
    const std::int64_t per_block = format_.block_len / group, end = (first + n) * a8_len / group;
    for (std::int64_t g = first_group; g < end; g += per_block) {
      kernels_.expand_scales(halves + g / per_block * lanes, factors + g * lanes, per_block,
                             floats);
      floats += per_block * lanes;
    }
    return;
  }
  // A group of more than 32 columns repeats its scale.
  const std::int64_t repeats = std::max<std::int64_t>(1, group / a8_len);
  const std::int64_t groups = groups_in(n);
  if (format_.scales == RunScales::halves) {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(place);
    if (repeats == 1)
      return kernels_.widen_halves(halves + first_group * lanes, groups * lanes, floats);
    for (std::int64_t b = 0; b < n; ++b)
      kernels_.widen_halves(halves + (first + b) / repeats * lanes, lanes, floats + b * lanes);
    return;
  }
  const auto* from = reinterpret_cast<const float*>(place);
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t which = repeats == 1 ? first_group + g : (first + g) / repeats;
    std::memcpy(floats + g * lanes, from + which * lanes, lanes * sizeof(float));
  }
}

A8Levels R16k4Weight::levels(std::int64_t panel, bool offsets, std::int64_t first) const {
  const std::byte* place =
      scales_.data() + 2 * panel * scale_bytes_ + (offsets ? places_.total : 0);
  const std::int64_t first_group = first * a8_len / format_.group_len;
  const int per_block = format_.block_len / format_.group_len;
  return {
      .outer = reinterpret_cast<const std::uint16_t*>(place) + first_group / per_block * lanes,
      .factors = reinterpret_cast<const std::int8_t*>(place + places_.groups) + first_group * lanes,
      .outer_step = scale_bytes_ / std::int64_t{sizeof(Half)},
      .factor_step = scale_bytes_,
      .groups_per_outer = per_block};
}

void R16k4Weight::multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                           Scratch& scratch) const {
  std::fill(acc, acc + inputs.tokens * panel_rows, 0.0f);
  std::uint8_t* codes = scratch.codes.grow(2 * chunk_blocks * tile_bytes);
  float* scales = scratch.scales.grow(4 * chunk_blocks * lanes);
  float* offsets = scratch.offsets.grow(4 * chunk_blocks * lanes);
  const bool is_stored = stored_rows_.size() > 0;
  const bool in_place = !is_stored && (inputs.tokens == 1 || format_.bits == 8);
  const bool one_of_planes = inputs.tokens == 1 && format_.bits < 8 && !is_stored;
  const bool two_levels = one_of_planes && format_.scales == RunScales::two_levels;
  const auto& kernel =
      one_of_planes ? kernels_.planes[format_.bits].multiply_one[two_levels] : kernels_.multiply;
  const auto multiply = kernel[format_.group_len == 16][format_.has_offsets];
  for (std::int64_t first = 0; first < blocks_; first += chunk_blocks) {
    const std::int64_t n = std::min(chunk_blocks, blocks_ - first);
    const std::int64_t scale_step = groups_in(n) * lanes;
    const std::uint8_t* planes =
        codes_.data() + 2 * panel * code_bytes_ + first * 64 * format_.bits;
    for (std::int64_t half = 0; half < 2; ++half) {
      if (is_stored) {
        take_stored(2 * panel + half, first, n, codes + half * n * tile_bytes,
                    scales + half * scale_step);
        continue;
      }
      if (!in_place) {
        kernels_.planes[format_.bits].unpack(planes + half * code_bytes_, format_.table, n,
                                             codes + half * n * tile_bytes);
      }
      if (two_levels) continue;
      expand(2 * panel + half, false, first, n, scales + half * scale_step);
      if (format_.has_offsets)
        expand(2 * panel + half, true, first, n, offsets + half * scale_step);
    }
    multiply({.codes = in_place ? planes : codes,
              .scales = scales,
              .offsets = offsets,
              .half_codes = in_place ? code_bytes_ : n * tile_bytes,
              .half_scales = scale_step,
              .table = format_.table,
              .zero_shift = format_.zero_shift,
              .blocks = n,
              .x = inputs.a8,
              .first_block = first,
              .x_blocks = blocks_,
              .tokens = inputs.tokens,
              .acc = acc,
              .scale_levels = two_levels ? levels(panel, false, first) : A8Levels{},
              .offset_levels =
                  two_levels && format_.has_offsets ? levels(panel, true, first) : A8Levels{}});
  }
  apply_scale(inputs.tokens * panel_rows, acc);
}

void R16k4Weight::decode_stored_row(std::int64_t row, float* out) const {
  if (stored_rows_.size() > 0) {
    const formats::FormatInfo& info = formats::info(format());
    info.decode(stored_rows_.data() + static_cast<std::size_t>(row) * row_bytes(format(), cols()),
                static_cast<std::size_t>(cols() / info.block_len), out);
    return;
  }
  const std::int64_t sixteen = row / lanes, lane = row % lanes;
  const std::int64_t n = groups_in(blocks_), len = cols() / n;
  std::vector<float> scales(static_cast<std::size_t>(n * lanes)), offsets(scales.size(), -0.0f);
  expand(sixteen, false, 0, blocks_, scales.data());
  if (format_.has_offsets) expand(sixteen, true, 0, blocks_, offsets.data());
  const Planes planes = planes_of(format_.bits);
  const int zero = format_.zero_shift > 31 ? 0 : 1 << format_.zero_shift;
  for (std::int64_t c = 0; c < cols(); ++c) {
    const std::uint8_t* place =
        codes_.data() + sixteen * code_bytes_ + c / a8_len * 64 * format_.bits;
    const std::int64_t step = c % a8_len / 4, byte = 4 * lane + c % 4;
    int code = plane_code(place, planes.low, step, byte);
    if (planes.high > 0)
      code |= plane_code(place + 64 * planes.low, planes.high, step, byte) << planes.low;
    if (format_.table != nullptr) code = format_.table[code];
    const auto at = static_cast<std::size_t>(c / len * lanes + lane);
    out[c] = scales[at] * static_cast<float>(code - zero) + offsets[at];
  }
}

}  // namespace nybble::cpu
