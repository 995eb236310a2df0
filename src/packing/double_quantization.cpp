#include "packing/double_quantization.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"

namespace nybble::packing {
namespace {

using Levels = std::array<float, 256>;

// Point i of n from 0.1 to 1 as PyTorch's linspace has it: counted from the nearer end and rounded
// once, as double can hold the sum.
float point(int i, int n) {
  const float first = 0.1f, step = (1 - first) / static_cast<float>(n - 1);
  const double distance = double{step} * (i < n / 2 ? i : n - 1 - i);
  return static_cast<float>(i < n / 2 ? double{first} + distance : 1 - distance);
}

// Every decade has twice as many levels as the one below: the middles between equal steps.
Levels make_dynamic_map() {
  Levels map{};
  std::size_t n = 0;
  for (int decade = 0; decade < 7; ++decade) {
    const auto unit = static_cast<float>(std::pow(10.0, decade - 6));
    const int n_points = (1 << decade) + 1;
    for (int i = 0; i + 1 < n_points; ++i) {
      const float level = unit * ((point(i, n_points) + point(i + 1, n_points)) / 2);
      map[n++] = level;
      map[n++] = -level;
    }
  }
  map[n++] = 0;
  map[n++] = 1;
  std::ranges::sort(map);
  return map;
}

float decode(float level, float absmax, float offset) {
  const float product = level * absmax;
  return product + offset;
}

// What the codes of one block stand for.
Levels levels_of(float absmax, float offset) {
  Levels levels;
  for (std::size_t code = 0; code < levels.size(); ++code)
    levels[code] = decode(dynamic_map()[code], absmax, offset);
  return levels;
}

// The code of the nearest level. A level finds a code with its own bits.
std::uint8_t nearest(const Levels& levels, float scale) {
  const auto right = std::ranges::lower_bound(levels, scale);
  if (right == levels.end()) return 255;
  if (right == levels.begin()) return 0;
  const bool is_right = *right - scale < scale - *(right - 1);
  return static_cast<std::uint8_t>(right - levels.begin() - (is_right ? 0 : 1));
}

// absmax keeps 8 significant bits, so that it can be found again from rounded sums: costs a block
// at most 1/128 of its resolution.
float with_8_bits_below(float x) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xffff0000u);
}
float next_with_8_bits(float x) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(with_8_bits_below(x)) + 0x10000u);
}
float with_8_bits_above(float x) {
  return with_8_bits_below(x) == x ? x : next_with_8_bits(x);
}

// Below this the distances from the offset are too few of its last places to tell absmax.
float least_absmax(float offset) {
  return with_8_bits_above(std::fabs(offset) * 0x1p-14f);
}

float farthest_from(float offset, std::span<const float> scales) {
  float farthest = 0;
  for (const float scale : scales) farthest = std::max(farthest, std::fabs(scale - offset));
  return farthest;
}

// An order statistic, not the mean as bitsandbytes: rounding to levels of which one is the offset
// moves no scale past it, so the decoded scales have the same one.
float lower_median(std::span<const float> scales) {
  std::vector<float> sorted(scales.begin(), scales.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::ranges::nth_element(sorted, middle);
  return *middle;
}

// The blocks of 256 scales.
template <class Visit>
void for_each_block(std::span<const float> scales, const Visit& visit) {
  for (std::size_t first = 0; first < scales.size(); first += nested_block_len)
    visit(scales.subspan(first, std::min(nested_block_len, scales.size() - first)));
}

// Codes that decode to the very scales.
std::optional<std::vector<std::uint8_t>> codes_at(float absmax, float offset,
                                                  std::span<const float> scales) {
  const Levels levels = levels_of(absmax, offset);
  std::vector<std::uint8_t> codes;
  for (const float scale : scales) {
    codes.push_back(nearest(levels, scale));
    if (levels[codes.back()] != scale) return std::nullopt;
  }
  return codes;
}

// The farthest scale stands within 0.978 ... 1 of absmax after rounding to levels.
bool find_block(std::span<const float> scales, DoubleQuantized& found) {
  const float farthest = farthest_from(found.offset, scales), least = least_absmax(found.offset);
  float absmax = std::max(least, with_8_bits_below(0.97f * farthest));
  while (absmax <= std::max(least, 1.05f * farthest)) {
    if (const auto codes = codes_at(absmax, found.offset, scales)) {
      found.absmax.push_back(absmax);
      found.codes.insert(found.codes.end(), codes->begin(), codes->end());
      return true;
    }
    absmax = next_with_8_bits(absmax);
  }
  return false;
}

}  // namespace

const std::array<float, 256>& dynamic_map() {
  static const Levels map = make_dynamic_map();
  return map;
}

std::vector<float> decode_scales(const DoubleQuantized& quantized, std::span<const float> map,
                                 std::size_t block_len) {
  std::vector<float> scales(quantized.codes.size());
  for (std::size_t i = 0; i < scales.size(); ++i)
    scales[i] = decode(map[quantized.codes[i]], quantized.absmax[i / block_len], quantized.offset);
  return scales;
}

DoubleQuantized quantize_scales(std::span<const float> scales) {
  DoubleQuantized quantized;
  if (scales.empty()) return quantized;
  if (!std::ranges::all_of(scales, [](float scale) { return std::isfinite(scale); })) {
    fail(ErrorKind::invalid_input,
         "double quantization: a scale is not finite; the weights of its block are not, either");
  }
  // Decoded scales stay what they are.
  if (auto found = find_double_quantization(scales)) return *std::move(found);
  quantized.offset = lower_median(scales);
  for_each_block(scales, [&](std::span<const float> block) {
    const float absmax = std::max(least_absmax(quantized.offset),
                                  with_8_bits_above(farthest_from(quantized.offset, block)));
    const Levels levels = levels_of(absmax, quantized.offset);
    quantized.absmax.push_back(absmax);
    for (const float scale : block) quantized.codes.push_back(nearest(levels, scale));
  });
  return quantized;
}

std::optional<DoubleQuantized> find_double_quantization(std::span<const float> scales) {
  DoubleQuantized found;
  if (scales.empty()) return found;
  if (!std::ranges::all_of(scales, [](float scale) { return std::isfinite(scale); }))
    return std::nullopt;
  found.offset = lower_median(scales);
  bool is_found = true;
  for_each_block(scales, [&](std::span<const float> block) {
    is_found = is_found && find_block(block, found);
  });
  if (!is_found) return std::nullopt;
  return found;
}

}  // namespace nybble::packing
