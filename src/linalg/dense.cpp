#include "linalg/dense.h"

#include <cblas.h>

#include <algorithm>
#include <vector>

extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dtrtri_(const char* uplo, const char* diag, const int* n, double* a, const int* lda,
             int* info);
}

namespace nybble::linalg {
namespace {

// Our pool spreads the work, so that results do not depend on the number of threads.
[[maybe_unused]] const bool single_threaded = [] {
  openblas_set_num_threads(1);
  return true;
}();

std::size_t at(int row, int col, int n) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(n) +
         static_cast<std::size_t>(col);
}

}  // namespace

void multiply_add(int m, int n, int k, float factor, const float* a, int lda, const float* b,
                  int ldb, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, factor, a, lda, b, ldb, 1, c,
              ldc);
}

void multiply_transposed(int m, int n, int k, const float* a, int lda, const float* b, int ldb,
                         float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

void multiply_transposing_add(int m, int n, int k, float factor, const float* a, int lda,
                              const float* b, int ldb, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, factor, a, lda, b, ldb, 1, c, ldc);
}

double quadratic_form(std::span<const float> rows, int cols, std::span<const float> a) {
  std::vector<float> product(rows.size());
  const int n = static_cast<int>(rows.size() / static_cast<std::size_t>(cols));
  multiply_add(n, cols, cols, 1, rows.data(), cols, a.data(), cols, product.data(), cols);
  double sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) sum += double{rows[i]} * double{product[i]};
  return sum;
}

// a = R R^T with R upper triangular is the Cholesky factorization of a with rows and columns in
// reverse order; then a^-1 = (R^-1)^T R^-1.
bool factor_inverse(std::span<double> a, int n) {
  std::reverse(a.begin(), a.end());
  int info = 0;
  // LAPACK reads columns: its lower factor of the reversed matrix is R^T there, and R reversed.
  const char lower = 'U', non_unit = 'N';
  dpotrf_(&lower, &n, a.data(), &n, &info);
  if (info != 0) return false;
  dtrtri_(&lower, &non_unit, &n, a.data(), &n, &info);
  if (info != 0) return false;
  std::reverse(a.begin(), a.end());
  for (int i = 0; i < n; ++i)
    std::fill_n(a.begin() + static_cast<std::ptrdiff_t>(at(i, 0, n)), i, 0.0);
  return true;
}

}  // namespace nybble::linalg
