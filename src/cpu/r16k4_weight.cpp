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

}  // namespace

std::size_t R16k4Weight::lattice_bytes(std::int64_t rows, std::int64_t cols, int group_len) {
  const std::int64_t panels = (rows + panel_rows - 1) / panel_rows;
  return static_cast<std::size_t>(panels * panel_rows * cols) +
         static_cast<std::size_t>(panels * panel_rows * cols / group_len) * sizeof(float);
}

std::size_t R16k4Weight::bytes_of(FormatId format, std::int64_t rows, std::int64_t cols,
                                  bool keep_rows) {
  if (keep_rows) return static_cast<std::size_t>(rows) * row_bytes(format, cols);
  const RunFormat& run = *run_format(format);
  const std::int64_t codes = cols / a8_len * tile_bytes / 8 * run.bits,
                     scales = RunScales16::bytes_of(run, cols);
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
  scales_.emplace(format_, kernels_, source.cols, sixteens, name.c_str());
  pool.run(sixteens, [&](std::int64_t sixteen, int) { fill_rows(source, sixteen); });
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
  scales_->clear(sixteen);
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
      scales_->store(block, sixteen, which, r);
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
  std::fill_n(scales, groups_of(format_, n) * lanes, 0.0f);
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

void R16k4Weight::multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                           Scratch& scratch) const {
  std::fill(acc, acc + inputs.tokens * panel_rows, 0.0f);
  std::uint8_t* codes = scratch.codes.grow(2 * chunk_blocks * tile_bytes);
  float* scales = scratch.scales.grow(4 * chunk_blocks * lanes);
  float* offsets = scratch.offsets.grow(4 * chunk_blocks * lanes);
  const bool is_stored = stored_rows_.size() > 0;
  const bool one_of_planes = !is_stored && inputs.tokens == 1 && format_.bits < 8;
  const bool in_place = one_of_planes || (!is_stored && format_.bits == 8);
  const bool two_levels = one_of_planes && format_.scales == RunScales::two_levels;
  const auto& kernel =
      one_of_planes ? kernels_.planes[format_.bits].multiply_one[two_levels] : kernels_.multiply;
  const auto multiply = kernel[format_.group_len == 16][format_.has_offsets];
  for (std::int64_t first = 0; first < blocks_; first += chunk_blocks) {
    const std::int64_t n = std::min(chunk_blocks, blocks_ - first);
    const std::int64_t scale_step = groups_of(format_, n) * lanes;
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
      scales_->expand(2 * panel + half, false, first, n, scales + half * scale_step);
      if (format_.has_offsets)
        scales_->expand(2 * panel + half, true, first, n, offsets + half * scale_step);
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
              .scale_levels = two_levels ? scales_->levels(panel, false, first) : A8Levels{},
              .offset_levels = two_levels && format_.has_offsets
                                   ? scales_->levels(panel, true, first)
                                   : A8Levels{}});
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
  const std::int64_t n = groups_of(format_, blocks_), len = cols() / n;
  std::vector<float> scales(static_cast<std::size_t>(n * lanes)), offsets(scales.size(), -0.0f);
  scales_->expand(sixteen, false, 0, blocks_, scales.data());
  if (format_.has_offsets) scales_->expand(sixteen, true, 0, blocks_, offsets.data());
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
