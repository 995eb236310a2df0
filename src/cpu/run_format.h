// What the integer kernels need to know of a number format, made from its description: codes of
// some bits around a zero, or in a table of integers, or points of a lattice, and scales of groups.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/registry.h"

namespace nybble::cpu {

// How scales stand in memory, 16 rows side by side: as they are, or as products of a half for a
// block and a small integer for a group.
enum class RunScales : std::uint8_t { halves, floats, two_levels };

// One block of a row.
struct RunBlock {
  static constexpr int max_len = 256, max_groups = 16;
  std::uint8_t codes[max_len];
  // value = scale * sub_scale * (code - zero) + offset * sub_offset
  float scale, offset;
  float sub_scale[max_groups], sub_offset[max_groups];
};

struct RunFormat {
  int bits = 0;               // of a code: 1 ... 6 or 8
  int zero_shift = 0;         // code 2^zero_shift means 0; 32: code 0 does
  const std::uint8_t* table;  // [16]: what a code stands for, before its zero; nullptr: itself
  int block_len = 0, group_len = 0;  // divisible by 32; 16, or divisible by 32
  RunScales scales{};
  bool has_offsets = false;
  // Columns of activations that share a scale: 16 where few bits leave little room for more noise.
  int input_group_len = 32;
  bool is_lattice = false;  // bytes instead of indices of points: far more than is stored
  void (*take)(const std::byte* block, RunBlock& out) = nullptr;
};

// nullptr for formats whose values are no integers times scales of groups: floats, IQ1, NF4.
const RunFormat* run_format(FormatId format);

}  // namespace nybble::cpu
