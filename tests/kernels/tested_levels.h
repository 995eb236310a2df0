// What the tests of kernels share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "cpu/kernels.h"

namespace nybble::cpu {

// The levels that a test program compares with the scalar one.
std::vector<const Kernels*> tested_levels();

inline std::vector<float> random_floats(std::size_t n, std::mt19937& random) {
  std::vector<float> values(n);
  // Many magnitudes: sums then depend on the order of additions.
  for (float& value : values)
    value =
        std::ldexp(std::normal_distribution<float>()(random), static_cast<int>(random() % 20) - 10);
  return values;
}

inline std::vector<std::uint8_t> random_bytes(std::size_t n, std::mt19937& random) {
  std::vector<std::uint8_t> bytes(n);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

inline std::string name_of(const testing::TestParamInfo<const Kernels*>& level) {
  return level.param->name;
}

}  // namespace nybble::cpu
