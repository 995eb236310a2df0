#include "cpu/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nybble::cpu {

TEST(rms_norm, divides_by_the_root_of_the_mean_square) {
  std::vector<float> x(37), weight(37), out(37);
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = std::sin(static_cast<float>(i)) * 100;
    weight[i] = 1 + static_cast<float>(i) / 8;
    squares += double{x[i]} * double{x[i]};
  }

  rms_norm({weight.data(), 0.5f}, x.data(), 37, out.data());

  const double root = std::sqrt(squares / 37 + 0.5);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = double{x[i]} / root * double{weight[i]};
    EXPECT_NEAR(out[i], exact,
                std::fabs(exact) * 3 * 0x1p-24);  // the scale and two products are rounded to float
  }
}

TEST(rms_norm, works_in_place_and_keeps_zeros) {
  std::vector<float> x(8), weight(8, 1.0f);

  rms_norm({weight.data(), 1e-5f}, x.data(), 8, x.data());

  EXPECT_EQ(x, std::vector<float>(8));
}

}  // namespace nybble::cpu
