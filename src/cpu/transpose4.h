// Four rows of four elements at a time, which fill registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nybble::cpu {

using FourHalves = std::uint16_t __attribute__((vector_size(8)));
using FourWords = std::uint32_t __attribute__((vector_size(16)));

// out(i): where the i-th elements of the rows go, four side by side; row(r): bytes of the r-th row.
// Compilers make no shuffles of a loop over arrays of 16 bits.
template <class Four, class Row, class Out>
void transpose4(const Row& row, const Out& out) {
  const auto load = [&](std::size_t r) {
    Four four;
    std::memcpy(&four, row(r), sizeof four);
    return four;
  };
  const auto store = [&](std::size_t i, Four four) { std::memcpy(out(i), &four, sizeof four); };
  const Four a = load(0), b = load(1), c = load(2), d = load(3);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
             cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
             ab_end = __builtin_shufflevector(a, b, 2, 6, 3, 7),
             cd_end = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store(0, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  store(1, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  store(2, __builtin_shufflevector(ab_end, cd_end, 0, 1, 4, 5));
  store(3, __builtin_shufflevector(ab_end, cd_end, 2, 3, 6, 7));
}

}  // namespace nybble::cpu
