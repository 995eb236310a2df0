#include "cpu/run_scales.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/half.h"
#include "cpu/a8_block.h"

namespace nybble::cpu {

namespace {

std::array<Half, lanes> halves_of(std::span<const RunBlock, lanes> blocks, float RunBlock::*outer) {
  std::array<Half, lanes> halves;
  std::ranges::transform(blocks, halves.begin(),
                         [=](const RunBlock& block) { return to_half(block.*outer); });
  return halves;
}

}  // namespace

void store_pair_offsets(const RunFormat& format, std::span<const RunBlock, lanes> blocks,
                        std::int64_t which, std::byte* halves, std::byte* factors) {
  const std::array<Half, lanes> outer = halves_of(blocks, &RunBlock::offset);
  std::memcpy(halves + which * std::int64_t{sizeof outer}, &outer, sizeof outer);
  const int n = format.block_len / format.group_len;
  for (int g = 0; g < n; ++g) {
    std::byte* pair = factors + (which * n + g / 2 * 2) * lanes + g % 2;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      pair[2 * lane] = static_cast<std::byte>(static_cast<std::int8_t>(blocks[lane].sub_offset[g]));
  }
}

RunScales16::Places RunScales16::places_of(const RunFormat& format, std::int64_t cols) {
  const std::int64_t groups = cols / format.group_len;
  if (format.scales == RunScales::two_levels) {
    const std::int64_t halves = cols / format.block_len * lanes * std::int64_t{sizeof(Half)};
    return {halves, halves + groups * lanes};
  }
  const std::size_t bytes = format.scales == RunScales::halves ? sizeof(Half) : sizeof(float);
  return {0, groups * lanes * static_cast<std::int64_t>(bytes)};
}

std::int64_t RunScales16::bytes_of(const RunFormat& format, std::int64_t cols) {
  return places_of(format, cols).total * (format.has_offsets ? 2 : 1);
}

RunScales16::RunScales16(const RunFormat& format, const Int8Kernels& kernels, std::int64_t cols,
                         std::int64_t sixteens, const char* name, LargePages& pages)
    : format_(format),
      kernels_(kernels),
      places_(places_of(format, cols)),
      bytes_(bytes_of(format, cols)),
      scales_(static_cast<std::size_t>(sixteens * bytes_), name, pages) {}

void RunScales16::store(std::span<const RunBlock, lanes> blocks, std::int64_t sixteen,
                        std::int64_t which) {
  std::byte* place = scales_.data() + sixteen * bytes_;
  store_level(blocks, &RunBlock::scale, &RunBlock::sub_scale, which, place);
  place += places_.total;
  if (a8_offsets(format_) == pair_offsets) {
    store_pair_offsets(format_, blocks, which, place, place + places_.groups);
  } else if (format_.has_offsets) {
    store_level(blocks, &RunBlock::offset, &RunBlock::sub_offset, which, place);
  }
}

void RunScales16::store_level(std::span<const RunBlock, lanes> blocks, float RunBlock::*outer,
                              float (RunBlock::*inner)[RunBlock::max_groups], std::int64_t which,
                              std::byte* place) const {
  const std::int64_t n = format_.block_len / format_.group_len;
  const auto put_groups = [&](std::byte* first, auto value_of) {
    using Value = decltype(value_of(blocks[0], 0));
    for (std::int64_t g = 0; g < n; ++g) {
      std::array<Value, lanes> values;
      for (std::size_t lane = 0; lane < lanes; ++lane) values[lane] = value_of(blocks[lane], g);
      std::memcpy(first + (which * n + g) * std::int64_t{sizeof values}, &values, sizeof values);
    }
  };
  const auto product = [=](const RunBlock& block, std::int64_t g) {
    return block.*outer * (block.*inner)[g];
  };
  if (format_.scales == RunScales::two_levels) {
    const std::array<Half, lanes> halves = halves_of(blocks, outer);
    std::memcpy(place + which * std::int64_t{sizeof halves}, &halves, sizeof halves);
    put_groups(place + places_.groups, [=](const RunBlock& block, std::int64_t g) {
      return static_cast<std::int8_t>((block.*inner)[g]);
    });
  } else if (format_.scales == RunScales::halves) {
    put_groups(place,
               [=](const RunBlock& block, std::int64_t g) { return to_half(product(block, g)); });
  } else {
    put_groups(place, product);
  }
}

void RunScales16::expand(std::int64_t sixteen, bool offsets, std::int64_t first, std::int64_t n,
                         float* floats) const {
  const std::byte* place = place_of(sixteen, offsets);
  if (offsets && a8_offsets(format_) == pair_offsets) return expand_pairs(place, first, n, floats);
  const std::int64_t group = format_.group_len, first_group = first * a8_len / group,
                     groups = groups_of(format_, n);
  const auto* halves = reinterpret_cast<const std::uint16_t*>(place);
  if (format_.scales == RunScales::two_levels) {
    const auto* factors = reinterpret_cast<const std::int8_t*>(place + places_.groups);
    const std::int64_t per_block = format_.block_len / group;
    for (std::int64_t g = first_group; g < first_group + groups; g += per_block) {
      kernels_.expand_scales(halves + g / per_block * lanes, factors + g * lanes, per_block,
                             floats);
      floats += per_block * lanes;
    }
  } else if (format_.scales == RunScales::halves) {
    kernels_.widen_halves(halves + first_group * lanes, groups * lanes, floats);
  } else {
    std::memcpy(floats, reinterpret_cast<const float*>(place) + first_group * lanes,
                static_cast<std::size_t>(groups * lanes) * sizeof(float));
  }
}

void RunScales16::expand_pairs(const std::byte* place, std::int64_t first, std::int64_t n,
                               float* floats) const {
  const std::int64_t per_block = format_.block_len / format_.group_len,
                     first_group = first * a8_len / format_.group_len;
  const auto* halves = reinterpret_cast<const std::uint16_t*>(place);
  const auto* pairs = reinterpret_cast<const std::int8_t*>(place + places_.groups);
  for (std::int64_t g = first_group; g < first_group + groups_of(format_, n); ++g) {
    std::array<std::int8_t, lanes> factors;
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      factors[static_cast<std::size_t>(lane)] = pairs[(g / 2 * lanes + lane) * 2 + g % 2];
    kernels_.expand_scales(halves + g / per_block * lanes, factors.data(), 1, floats);
    floats += lanes;
  }
}

A8Scales RunScales16::in_place(std::int64_t panel, bool offsets, std::int64_t first) const {
  const std::byte* place = place_of(2 * panel, offsets);
  const std::int64_t group = first * a8_len / format_.group_len * lanes;
  A8Scales scales{.halves = format_.scales != RunScales::floats, .other_rows = bytes_};
  if (format_.scales == RunScales::two_levels) {
    scales.groups_per_outer = format_.block_len / format_.group_len;
    scales.factors = reinterpret_cast<const std::int8_t*>(place + places_.groups) + group;
    scales.outer = place + group / scales.groups_per_outer * std::int64_t{sizeof(Half)};
    return scales;
  }
  scales.groups_per_outer = longer_blocks(format_);
  scales.outer =
      place + group * static_cast<std::int64_t>(scales.halves ? sizeof(Half) : sizeof(float));
  return scales;
}

}  // namespace nybble::cpu
