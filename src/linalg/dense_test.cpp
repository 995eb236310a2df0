#include "linalg/dense.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace nybble::linalg {
namespace {

std::vector<float> random_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

TEST(dense, adds_a_product_of_matrices) {
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
  float c[] = {100, 100, 100, 100};

  multiply_add(2, 2, 2, -1, a, 2, b, 2, c, 2);

  EXPECT_EQ(std::vector<float>(c, c + 4), (std::vector<float>{81, 78, 57, 50}));
}

TEST(dense, factors_the_inverse) {
  constexpr std::size_t n = 37;
  std::vector<double> a(n * n);
  const std::vector<float> x = random_values(2 * n * n, 3);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t r = 0; r < 2 * n; ++r) a[i * n + j] += double{x[r * n + i]} * x[r * n + j];
    }
  }
  std::vector<double> u = a;

  ASSERT_TRUE(factor_inverse(u, n));

  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(u[i * n + j], 0);
  }
  // (U^T U) A is the identity.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k) {
        double inverse = 0;
        for (std::size_t l = 0; l < n; ++l) inverse += u[l * n + i] * u[l * n + k];
        sum += inverse * a[k * n + j];
      }
      EXPECT_NEAR(sum, i == j ? 1 : 0, 1e-9) << i << ' ' << j;
    }
  }
}

TEST(dense, sums_the_quadratic_form_of_each_row) {
  const std::vector<float> two_rows{1, 2, 3, -1}, a{2, 1, 1, 4};
  // (1, 2): 2 + 2 * 2 + 16; (3, -1): 18 - 2 * 3 + 4
  EXPECT_EQ(quadratic_form(two_rows, 2, a), 22 + 16);
}

TEST(dense, says_when_a_matrix_is_not_positive_definite) {
  std::vector<double> a{1, 2, 2, 1};
  EXPECT_FALSE(factor_inverse(a, 2));
}

}  // namespace
}  // namespace nybble::linalg
