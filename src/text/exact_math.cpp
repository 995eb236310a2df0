// exp and log made of additions and multiplications only.
#include "text/exact_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace nybble::text {
namespace {

// ln 2 in two parts; the first has zeros at its end, so that k * ln2_high is exact for |k| < 2^11.
constexpr double ln2_high = 0x1.62e42fee00000p-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

// 2^k for -1022 <= k <= 1023.
double power_of_two(int k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

}  // namespace

double same_exp(double x) {
  if (std::isnan(x)) return x;
  if (x < -708.0) return 0;
  if (x > 709.0) return std::numeric_limits<double>::infinity();
  // x = k ln 2 + r with |r| <= ln 2 / 2; e^r by its Taylor series: the 15th term is below 2^-60.
  const int k = static_cast<int>(std::floor(x * 0x1.71547652b82fep+0 + 0.5));
  const double r = (x - k * ln2_high) - k * ln2_low;
  double sum = 1.0;
  for (int n = 14; n >= 1; --n) sum = 1.0 + sum * r / n;
  // k reaches 1023 only with r < 0, where the product still fits.
  return k > 1022 ? sum * power_of_two(1022) * power_of_two(k - 1022) : sum * power_of_two(k);
}

double same_log(double x) {
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s) with s = (m - 1) / (m + 1), |s| <
  // 0.172.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int k = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
  if (m > 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++k;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double sum = 0;
  for (int n = 23; n >= 3; n -= 2) sum = (sum + 1.0 / n) * s2;  // s^24 / 25 is below 2^-61
  return k * ln2_high + (k * ln2_low + 2.0 * s * (1.0 + sum));
}

}  // namespace nybble::text
