// Dense algebra for quantizers, on OpenBLAS. Every call runs in the calling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nybble::linalg {

// c [m, n] += factor * a [m, k] b [k, n], row-major with leading dimensions.
void multiply_add(int m, int n, int k, float factor, const float* a, int lda, const float* b,
                  int ldb, float* c, int ldc);

// c [m, n] = a [m, k] b^T with b [n, k].
void multiply_transposed(int m, int n, int k, const float* a, int lda, const float* b, int ldb,
                         float* c, int ldc);
// c [m, n] += factor * a^T b with a [k, m] and b [k, n].
void multiply_transposing_add(int m, int n, int k, float factor, const float* a, int lda,
                              const float* b, int ldb, float* c, int ldc);

// Sum of r a r^T over the rows r of rows [n, cols], for a symmetric a [cols, cols].
double quadratic_form(std::span<const float> rows, int cols, std::span<const float> a);

// For a symmetric positive definite a [n, n]: overwrites it with the upper triangular U for which
// a^-1 = U^T U; entries below the diagonal become 0. False when a is not positive definite.
bool factor_inverse(std::span<double> a, int n);

}  // namespace nybble::linalg
