// Run-time access to the grids of encoded blocks: which values each weight could take while the
// scales stay, and how to store other codes. What error feedback and descent work with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/registry.h"

namespace nybble::formats {

// Scalar formats: weight = scale[group] * level + offset[group].
struct Recoding {
  int group_len = 0;
  int n_levels = 0;
  const float* levels = nullptr;              // [n_levels], ascending
  const std::uint8_t* level_codes = nullptr;  // the code of each level
  bool even = false;                          // consecutive integers, with codes 0, 1, 2 ...
  // scale and offset [n * block_len / group_len] of n blocks.
  void (*grids)(const std::byte* blocks, std::size_t n, float* scale, float* offset) = nullptr;
  // codes [n * block_len]; the scales of the blocks stay.
  void (*set_codes)(std::byte* blocks, std::size_t n, const std::uint8_t* codes) = nullptr;
};

// Lattice formats: eight weights at a time = scale * a point of the lattice.
struct LatticeRecoding {
  // scale [n * block_len / 8] of each octet of n blocks.
  void (*scales)(const std::byte* blocks, std::size_t n, float* scale) = nullptr;
  // The point y [8] nearest to x [8] with weights [8].
  void (*choose)(const float* x, const float* weight, float scale, float* y) = nullptr;
  // Stores points found by choose(), values [n * block_len]; the scales of the blocks stay.
  void (*set_values)(std::byte* blocks, std::size_t n, const float* values) = nullptr;
};
const LatticeRecoding* lattice_recoding(FormatId format);

// nullptr when the format's codes cannot be chosen anew (floats, Q8_0, lattices).
const Recoding* recoding(FormatId format);

}  // namespace nybble::formats
