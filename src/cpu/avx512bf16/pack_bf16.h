// Rounding matrices to panels of bfloat16. Internal linkage, as in lane_kernels.h.
#pragma once

// GCC 12 calls the undefined operands of its own intrinsics uninitialized (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "cpu/bf16_kernels.h"

namespace nybble::cpu {
namespace {

__mmask16 first_lanes(int64_t n) {
  return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
}

__m512i rounded_pair(__m512 low, __m512 high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

// 16 x 16 elements of 32 bits: in each step pairs of vectors at one distance exchange halves.
void transpose(__m512i (&v)[16]) {
  __m512i w[16];
  for (int i = 0; i < 16; i += 2) {
    w[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
    w[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; ++j) {
      v[i + 2 * j] = _mm512_unpacklo_epi64(w[i + j], w[i + j + 2]);
      v[i + 2 * j + 1] = _mm512_unpackhi_epi64(w[i + j], w[i + j + 2]);
    }
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = 0; j < 4; ++j) {
      w[i + j] = _mm512_shuffle_i32x4(v[i + j], v[i + j + 4], 0x88);
      w[i + j + 4] = _mm512_shuffle_i32x4(v[i + j], v[i + j + 4], 0xdd);
    }
  }
  for (int j = 0; j < 8; ++j) {
    v[j] = _mm512_shuffle_i32x4(w[j], w[j + 8], 0x88);
    v[j + 8] = _mm512_shuffle_i32x4(w[j], w[j + 8], 0xdd);
  }
}

// From values that follow one another along k: v[i] has those of vector i.
void load_along_k(const Bf16Source& s, int64_t first_k, int first_vector, __m512i (&v)[16]) {
  const __mmask16 low = first_lanes(s.k - first_k), high = first_lanes(s.k - first_k - 16);
  for (int i = 0; i < 16; ++i) {
    const bool is_there = first_vector + i < s.vectors;
    const float* x = s.values + (first_vector + (is_there ? i : 0)) * s.vector_stride + first_k;
    v[i] = is_there
               ? rounded_pair(_mm512_maskz_loadu_ps(low, x), _mm512_maskz_loadu_ps(high, x + 16))
               : _mm512_setzero_si512();
  }
}

// From vectors side by side: v[i] has the values 2 i and 2 i + 1 along k of all.
void load_across_k(const Bf16Source& s, int64_t first_k, int first_vector, __m512i (&v)[16]) {
  const __mmask16 there = first_lanes(s.vectors - first_vector);
  const __m512i interleaved = _mm512_or_si512(
      _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
      _mm512_slli_epi32(
          _mm512_set_epi32(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16), 16));
  for (int i = 0; i < 16; ++i) {
    const int64_t k = first_k + 2 * i;
    const float* x = s.values + k * s.k_stride + first_vector;
    const __m512 low = k < s.k ? _mm512_maskz_loadu_ps(there, x) : _mm512_setzero_ps();
    const __m512 high =
        k + 1 < s.k ? _mm512_maskz_loadu_ps(there, x + s.k_stride) : _mm512_setzero_ps();
    v[i] = _mm512_permutexvar_epi16(interleaved, rounded_pair(low, high));
  }
}

void pack_bf16(const Bf16Source& source, Bf16Side side, uint16_t* panel) {
  const bool is_along_k = source.k_stride == 1;
  for (int64_t k = 0; k < source.k; k += bf16_step) {
    for (int first = 0; first < bf16_panel; first += 16, panel += bf16_step_values / 2) {
      __m512i v[16];
      if (is_along_k) {
        load_along_k(source, k, first, v);
      } else {
        load_across_k(source, k, first, v);
      }
      if (is_along_k != (side == Bf16Side::left)) transpose(v);
      for (int i = 0; i < 16; ++i) _mm512_storeu_si512(panel + i * 32, v[i]);
    }
  }
}

}  // namespace
}  // namespace nybble::cpu
