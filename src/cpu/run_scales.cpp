#include "cpu/run_scales.h"

#include <algorithm>
#include <cstring>

#include "base/half.h"
#include "cpu/a8_panels.h"

namespace nybble::cpu {
namespace {

template <class T>
void put(std::byte* place, std::int64_t index, T value) {
  std::memcpy(place + index * std::int64_t{sizeof(T)}, &value, sizeof value);
}

}  // namespace

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
                         std::int64_t sixteens, const char* name)
    : format_(format),
      kernels_(kernels),
      places_(places_of(format, cols)),
      bytes_(bytes_of(format, cols)),
      scales_(static_cast<std::size_t>(sixteens * bytes_), name) {}

void RunScales16::clear(std::int64_t sixteen) {
  std::memset(scales_.data() + sixteen * bytes_, 0, static_cast<std::size_t>(bytes_));
}

void RunScales16::store(const RunBlock& block, std::int64_t sixteen, std::int64_t which,
                        std::int64_t lane) {
  std::byte* place = scales_.data() + sixteen * bytes_;
  store_level(block.scale, block.sub_scale, which, lane, place);
  if (format_.has_offsets)
    store_level(block.offset, block.sub_offset, which, lane, place + places_.total);
}

void RunScales16::store_level(float outer, const float* inner, std::int64_t which,
                              std::int64_t lane, std::byte* place) const {
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

void RunScales16::expand(std::int64_t sixteen, bool offsets, std::int64_t first, std::int64_t n,
                         float* floats) const {
  const std::byte* place = place_of(sixteen, offsets);
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
  const std::int64_t groups = groups_of(format_, n);
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

A8Levels RunScales16::levels(std::int64_t panel, bool offsets, std::int64_t first) const {
  const std::byte* place = place_of(2 * panel, offsets);
  const std::int64_t first_group = first * a8_len / format_.group_len;
  const int per_block = format_.block_len / format_.group_len;
  return {
      .outer = reinterpret_cast<const std::uint16_t*>(place) + first_group / per_block * lanes,
      .factors = reinterpret_cast<const std::int8_t*>(place + places_.groups) + first_group * lanes,
      .outer_step = bytes_ / std::int64_t{sizeof(Half)},
      .factor_step = bytes_,
      .groups_per_outer = per_block};
}

}  // namespace nybble::cpu
