// Products of bfloat16 in the registers of AVX-512, eight rows by two vectors of sums.
#include "cpu/avx512bf16/kernels_avx512bf16.h"

#include "cpu/avx512bf16/pack_bf16.h"

namespace nybble::cpu::avx512bf16 {
namespace {

// Rows of `left` whose sums are in registers together.
constexpr int tile = 8;
// Steps after which the next panels take their turn: 16 KiB of `right` stay in the first-level
// cache.
constexpr int64_t steps_at_once = 8;

// sums [tile][32], rows `row` apart, of tile vectors of a panel of `left` and a panel of `right`.
void multiply_tile(const uint16_t* left, const uint16_t* right, int64_t steps, bool begins,
                   float* sums, int64_t row) {
  __m512 acc[tile][2];
  for (int r = 0; r < tile; ++r) {
    for (int h = 0; h < 2; ++h)
      acc[r][h] = begins ? _mm512_setzero_ps() : _mm512_loadu_ps(sums + r * row + 16 * h);
  }
  for (int64_t s = 0; s < steps; ++s, left += bf16_step_values, right += bf16_step_values) {
    for (int pair = 0; pair < 16; ++pair) {
      const auto low = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + pair * 32));
      const auto high =
          reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + bf16_step_values / 2 + pair * 32));
      for (int r = 0; r < tile; ++r) {
        int32_t both;
        __builtin_memcpy(&both, left + r * bf16_step + 2 * pair, sizeof both);
        const auto x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(both));
        acc[r][0] = _mm512_dpbf16_ps(acc[r][0], x, low);
        acc[r][1] = _mm512_dpbf16_ps(acc[r][1], x, high);
      }
    }
  }
  for (int r = 0; r < tile; ++r) {
    for (int h = 0; h < 2; ++h) _mm512_storeu_ps(sums + r * row + 16 * h, acc[r][h]);
  }
}

void multiply(const Bf16Product& p) {
  const int64_t row = int64_t{bf16_panel} * p.right_panels, panel = p.steps * bf16_step_values;
  for (int64_t first = 0; first < p.steps; first += steps_at_once) {
    const int64_t left_steps = p.steps - first;
    const int64_t steps = left_steps < steps_at_once ? left_steps : steps_at_once;
    for (int j = 0; j < p.right_panels; ++j) {
      const uint16_t* right = p.right + j * panel + first * bf16_step_values;
      for (int i = 0; i < p.left_panels; ++i) {
        const uint16_t* left = p.left + i * panel + first * bf16_step_values;
        float* sums = p.sums + i * bf16_panel * row + j * bf16_panel;
        for (int r = 0; r < bf16_panel; r += tile)
          multiply_tile(left + r * bf16_step, right, steps, first == 0, sums + r * row, row);
      }
    }
  }
}

}  // namespace

const Bf16Kernels kernels = {"avx512bf16", pack_bf16, multiply};

}  // namespace nybble::cpu::avx512bf16
