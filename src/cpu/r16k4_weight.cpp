#include "cpu/r16k4_weight.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/half.h"
#include "cpu/a8_block.h"
#include "cpu/transpose4.h"
#include "tensor/tensor.h"

namespace nybble::cpu {
namespace {

// Columns unpacked at a time, in blocks of 32: two times 16 rows then take a part of the
// second-level cache.
constexpr std::int64_t chunk_blocks = 128;
// Bytes of 32 columns of 16 rows, one a code.
constexpr std::int64_t tile_bytes = a8_len * lanes;
// So far ahead stored rows are fetched: 16 at once are too many for the processor to foresee.
constexpr std::size_t prefetched = 512;

// The planes of a code, lowest bits first.
struct Planes {
  int low, high;
};
Planes planes_of(int bits) {
  constexpr std::array<Planes, 9> table{
      {{}, {1, 0}, {2, 0}, {2, 1}, {4, 0}, {4, 1}, {4, 2}, {}, {8, 0}}};
  return table[static_cast<std::size_t>(bits)];
}

int plane_code(const std::uint8_t* plane, int bits, std::int64_t step, std::int64_t byte) {
  const std::int64_t per_byte = 8 / bits;
  return plane[step / per_byte * 64 + byte] >> step % per_byte * bits & ((1 << bits) - 1);
}

// The codes of blocks of 16 rows in a tile [.][16][4].
void put_codes(std::span<const RunBlock, lanes> blocks, int n, std::uint8_t* tile) {
  for (int step = 0; step < n / 4; step += 4, tile += 4 * 64) {
    for (std::size_t lane = 0; lane < lanes; lane += 4) {
      transpose4<FourWords>([&](std::size_t row) { return blocks[lane + row].codes + step * 4; },
                            [&](std::size_t i) { return tile + i * 64 + lane * 4; });
    }
  }
}

// Blocks of up to 16 rows side by side, from the first to the last of each row.
class RowBlocks {
 public:
  RowBlocks(const RunFormat& format, std::int64_t block_bytes)
      : format_(format), block_bytes_(static_cast<std::size_t>(block_bytes)) {}
  void begin_at(const std::byte* row) { places_[rows_++] = row; }

  void take_next() {
    for (std::size_t r = 0; r < rows_; ++r) {
      format_.take(places_[r], blocks_[r]);
      places_[r] += block_bytes_;
      for (std::size_t line = 0; line < block_bytes_; line += 64)
        __builtin_prefetch(places_[r] + prefetched + line);
    }
  }
  // What codes become when a byte holds each: the kernels' unpack() does the same to planes.
  void to_bytes() {
    const auto shift =
        static_cast<std::uint8_t>(format_.zero_shift > 31 ? 0 : 128 - (1 << format_.zero_shift));
    if (format_.table == nullptr) {
      if (shift != 0) change_codes([=](std::uint8_t code) { return code + shift; });
    } else {
      change_codes([=, table = format_.table](std::uint8_t code) { return table[code] + shift; });
    }
  }
  // Zeros for rows that are missing.
  std::span<const RunBlock, lanes> blocks() const { return blocks_; }

 private:
  template <class Change>
  void change_codes(const Change& change) {
    const auto n = static_cast<std::size_t>(format_.block_len);
    for (RunBlock& block : std::span(blocks_).first(rows_)) {
      for (std::uint8_t& code : std::span(block.codes).first(n))
        code = static_cast<std::uint8_t>(change(code));
    }
  }

  const RunFormat& format_;
  std::size_t block_bytes_, rows_ = 0;
  std::array<const std::byte*, lanes> places_;
  std::array<RunBlock, lanes> blocks_{};
};

// Offsets in pairs for blocks of a panel: of 16 rows halves and then factors, and of the others.
class PanelPairs {
 public:
  PanelPairs(const RunFormat& format, std::int64_t blocks, float* memory)
      : format_(format),
        halves_bytes_(blocks * a8_len / format.block_len * lanes * std::int64_t{sizeof(Half)}),
        bytes_(halves_bytes_ + groups_of(format, blocks) * lanes),
        place_(reinterpret_cast<std::byte*>(memory)) {}

  void store(std::span<const RunBlock, lanes> blocks, std::int64_t half, std::int64_t which) {
    std::byte* place = place_ + half * bytes_;
    store_pair_offsets(format_, blocks, which, place, place + halves_bytes_);
  }
  A8Scales scales() const {
    return {.outer = place_,
            .factors = reinterpret_cast<const std::int8_t*>(place_ + halves_bytes_),
            .halves = true,
            .other_rows = bytes_};
  }

 private:
  const RunFormat& format_;
  std::int64_t halves_bytes_, bytes_;  // of 16 rows
  std::byte* place_;
};

// Bytes of both halves of a panel, `bytes` apart, as the codes of a product.
void take_bytes(const std::uint8_t* codes, std::int64_t bytes, A8Product& product) {
  product.codes = codes;
  product.other_codes = bytes;
  product.table = nullptr;
  product.zero_shift = std::max(product.zero_shift, 7);
}

}  // namespace

std::size_t R16k4Weight::lattice_bytes(std::int64_t rows, std::int64_t cols, int group_len) {
  const std::int64_t panels = (rows + panel_rows - 1) / panel_rows;
  return static_cast<std::size_t>(panels * panel_rows * cols) +
         static_cast<std::size_t>(panels * panel_rows * cols / group_len) * sizeof(float);
}

std::size_t R16k4Weight::bytes_of(FormatId format, std::int64_t rows, std::int64_t cols) {
  const RunFormat& run = *run_format(format);
  const std::int64_t codes = cols / a8_len * tile_bytes / 8 * run.bits,
                     scales = RunScales16::bytes_of(run, cols);
  const std::int64_t sixteens = (rows + panel_rows - 1) / panel_rows * (panel_rows / lanes);
  return static_cast<std::size_t>(sixteens * (codes + scales));
}

R16k4Weight::R16k4Weight(const backend::WeightSource& source, KeepRows keep, const Kernels& kernels,
                         LargePages& pages, ThreadPool& pool)
    : CpuWeight(source),
      format_(*run_format(source.format)),
      kernels_(kernels.int8),
      blocks_(source.cols / a8_len),
      code_bytes_(blocks_ * tile_bytes / 8 * format_.bits) {
  if (keep != KeepRows::no) {
    stored_rows_ = StoredRows(source, keep, pages, pool);
    return;
  }
  const std::int64_t sixteens = panels() * panel_rows / lanes;
  const std::string name(source.name);
  codes_ = AlignedArray<std::uint8_t>(static_cast<std::size_t>(sixteens * code_bytes_),
                                      name.c_str(), pages);
  scales_.emplace(format_, kernels_, source.cols, sixteens, name.c_str(), pages);
  pool.run(sixteens, [&](std::int64_t sixteen, int) { fill_rows(source, sixteen); });
}

void R16k4Weight::fill_rows(const backend::WeightSource& source, std::int64_t sixteen) {
  RowBlocks rows(format_, formats::info(format()).block_bytes);
  const std::int64_t first = sixteen * lanes, end = std::min(this->rows(), first + lanes);
  for (std::int64_t r = first; r < end; ++r) rows.begin_at(source.row(r).data());
  std::uint8_t* codes = codes_.data() + sixteen * code_bytes_;
  const int per_block = format_.block_len / a8_len;
  std::array<std::uint8_t, RunBlock::max_len * lanes> tile;
  for (std::int64_t which = 0; which < cols() / format_.block_len; ++which) {
    rows.take_next();
    put_codes(rows.blocks(), format_.block_len, tile.data());
    scales_->store(rows.blocks(), sixteen, which);
    if (format_.bits == 8) {
      std::memcpy(codes, tile.data(), static_cast<std::size_t>(per_block * tile_bytes));
    } else {
      kernels_.pack[format_.bits](tile.data(), per_block, codes);
    }
    codes += per_block * 64 * format_.bits;
  }
}

void R16k4Weight::take_stored(std::int64_t panel, A8Product& product,
                              AlignedArray<std::uint8_t>& memory, float* scales) const {
  const std::int64_t n = product.blocks, bytes = n * tile_bytes, groups = groups_of(format_, n);
  std::uint8_t* codes = memory.grow(static_cast<std::size_t>(2 * bytes));
  float* offsets = scales + 2 * groups * lanes;
  const A8Offsets how = a8_offsets(format_);
  PanelPairs pairs(format_, n, offsets);
  const std::int64_t block_size = formats::info(format()).block_bytes,
                     per_block = format_.block_len / format_.group_len;
  for (std::int64_t half = 0; half < 2; ++half) {
    RowBlocks rows(format_, block_size);
    const std::int64_t first = panel * panel_rows + half * lanes,
                       end = std::min(this->rows(), first + lanes);
    for (std::int64_t r = first; r < end; ++r)
      rows.begin_at(stored_rows_.row(r) +
                    product.first_block * a8_len / format_.block_len * block_size);
    std::uint8_t* tile = codes + half * bytes;
    std::int64_t at = half * groups * lanes;
    for (std::int64_t b = 0; b < n * a8_len / format_.block_len; ++b) {
      rows.take_next();
      rows.to_bytes();
      put_codes(rows.blocks(), format_.block_len, tile);
      tile += format_.block_len * lanes;
      if (how == pair_offsets) pairs.store(rows.blocks(), half, b);
      for (std::size_t g = 0; g < static_cast<std::size_t>(per_block); ++g) {
        for (const RunBlock& block : rows.blocks()) {
          scales[at] = block.scale * block.sub_scale[g];
          if (how == float_offsets) offsets[at] = block.offset * block.sub_offset[g];
          ++at;
        }
      }
    }
  }
  take_bytes(codes, bytes, product);
  product.scales = float_scales(scales, groups * lanes);
  if (how == float_offsets) product.offsets = float_scales(offsets, groups * lanes);
  if (how == pair_offsets) product.offsets = pairs.scales();
}

void R16k4Weight::multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                           Scratch& scratch) const {
  const bool is_stored = !stored_rows_.empty();
  const bool in_place = !is_stored && inputs.tokens <= kernels_.in_place_tokens;
  const MultiplyA8 kernel = kernels_.multiply[in_place ? format_.bits : 8].kernels[a8_groups(
      format_)][inputs.a8_rounding == A8Rounding::halves][a8_offsets(format_)];
  const std::int64_t step = in_place ? blocks_ : chunk_blocks;
  for (std::int64_t first = 0; first < blocks_; first += step) {
    A8Product product{.codes = codes_.data() + 2 * panel * code_bytes_ + first * 64 * format_.bits,
                      .other_codes = code_bytes_,
                      .scales = {},
                      .offsets = {},
                      .table = format_.table,
                      .zero_shift = format_.zero_shift,
                      .blocks = std::min(step, blocks_ - first),
                      .x = inputs.a8,
                      .first_block = first,
                      .x_blocks = blocks_,
                      .tokens = inputs.tokens,
                      .tile = kernels_.tile(inputs.tokens),
                      .acc = acc,
                      .begins = first == 0};
    if (in_place) {
      product.scales = scales_->in_place(panel, false, first);
      if (format_.has_offsets) product.offsets = scales_->in_place(panel, true, first);
    } else {
      float* scales = scratch.scales.grow(static_cast<std::size_t>(8 * chunk_blocks * lanes));
      if (is_stored) {
        take_stored(panel, product, scratch.codes, scales);
      } else {
        if (format_.bits < 8) unpack_codes(product, scratch.codes);
        expand_scales(panel, product, scales);
      }
    }
    kernel(product);
  }
  apply_scale(inputs.tokens * panel_rows, acc);
}

void R16k4Weight::unpack_codes(A8Product& product, AlignedArray<std::uint8_t>& memory) const {
  const std::int64_t n = product.blocks, bytes = n * tile_bytes;
  std::uint8_t* codes = memory.grow(static_cast<std::size_t>(2 * bytes));
  for (std::int64_t half = 0; half < 2; ++half) {
    kernels_.unpack[format_.bits](product.codes + half * code_bytes_, format_.table,
                                  format_.zero_shift, n, codes + half * bytes);
  }
  take_bytes(codes, bytes, product);
}

void R16k4Weight::expand_scales(std::int64_t panel, A8Product& product, float* scales) const {
  const std::int64_t n = groups_of(format_, product.blocks) * lanes;
  const auto expanded = [&](bool of_offsets, float* place) {
    for (std::int64_t half = 0; half < 2; ++half)
      scales_->expand(2 * panel + half, of_offsets, product.first_block, product.blocks,
                      place + half * n);
    return float_scales(place, n);
  };
  product.scales = expanded(false, scales);
  const A8Offsets how = a8_offsets(format_);
  if (how == float_offsets) product.offsets = expanded(true, scales + 2 * n);
  if (how == pair_offsets) product.offsets = scales_->in_place(panel, true, product.first_block);
}

A8Scales R16k4Weight::float_scales(const float* scales, std::int64_t n) const {
  return {.outer = scales,
          .groups_per_outer = longer_blocks(format_),
          .other_rows = n * std::int64_t{sizeof(float)}};
}

void R16k4Weight::decode_stored_row(std::int64_t row, float* out) const {
  if (!stored_rows_.empty()) {
    const formats::FormatInfo& info = formats::info(format());
    info.decode(stored_rows_.row(row), static_cast<std::size_t>(cols() / info.block_len), out);
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
