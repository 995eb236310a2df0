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
                         std::int64_t sixteens, const char* name, LargePages& pages)
    : format_(format),
      kernels_(kernels),
      places_(places_of(format, cols)),
      bytes_(bytes_of(format, cols)),
      scales_(static_cast<std::size_t>(sixteens * bytes_), name, pages) {}

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
