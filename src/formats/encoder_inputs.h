// For tests of encoders: what they are given, and what is asked of their blocks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace nybble::formats {

struct Input {
  std::string name;
  std::vector<float> x;
};

// Blocks as models have them, and as they do not.
inline std::vector<Input> inputs(int n) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform(-1, 1);
  const auto make = [&](auto value) {
    std::vector<float> x(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = value(i);
    return x;
  };
  std::vector<Input> all;
  for (int trial = 0; trial < 20; ++trial) {
    all.push_back({"normal", make([&](int) { return 0.02f * normal(random); })});
    all.push_back({"uniform", make([&](int) { return uniform(random); })});
    all.push_back({"heavy tails", make([&](int) {
                     return normal(random) / (0.05f + std::fabs(normal(random)));
                   })});
    all.push_back({"groups of all sizes",
                   make([&](int i) { return std::ldexp(normal(random), i / 16 % 5); })});
    all.push_back({"positive", make([&](int) { return 3 + uniform(random); })});
    all.push_back({"negative", make([&](int) { return uniform(random) - 3; })});
    all.push_back(
        {"one outlier", make([&](int i) { return i == trial % n ? 50.0f : normal(random); })});
    all.push_back(
        {"sparse", make([&](int i) { return i % 11 == trial % 11 ? normal(random) : 0; })});
  }
  for (const float c : {1.0f, -1.0f, 0.1f, 0.0f})
    all.push_back({"constant", make([&](int) { return c; })});
  all.push_back({"-0", make([](int) { return -0.0f; })});
  all.push_back(
      {"ramp", make([&](int i) { return static_cast<float>(i) / static_cast<float>(n); })});
  all.push_back({"signs", make([](int i) { return i % 2 == 0 ? 1.0f : -1.0f; })});
  return all;
}

template <class F>
std::vector<float> through(const std::vector<float>& x, const float* importance = nullptr) {
  std::vector<float> y(F::block_len);
  F::decode(F::encode(x.data(), importance), y.data());
  return y;
}

inline double squared_error(const std::vector<float>& x, const std::vector<float>& y,
                            const std::vector<float>& weight) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double rest = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    sum += static_cast<double>(weight[i]) * rest * rest;
  }
  return sum;
}

// How far from itself a stored scale may be: half a unit in its last place.
template <class F>
constexpr double scale_error() {
  if constexpr (requires { F::scale_bits; }) return 1.0 / (1 << F::scale_bits);
  return 0x1p-11;
}

struct CodeRange {
  int least = 0, most = 0;
};

// Found by decoding blocks of equal bytes, among which are the outermost codes of every format.
template <class F>
CodeRange code_range() {
  CodeRange range;
  for (int byte = 0; byte < 256; ++byte) {
    typename F::Block block;
    std::memset(static_cast<void*>(&block), byte, sizeof(block));
    range.least = std::min(range.least, F::code(block, 0));
    range.most = std::max(range.most, F::code(block, 0));
  }
  return range;
}

// The largest sub-scale that blocks can hold.
template <class F>
float largest_sub() {
  float largest = 0;
  for (int byte = 0; byte < 256; ++byte) {
    typename F::Block block;
    std::memset(static_cast<void*>(&block), byte, sizeof(block));
    largest = std::max(largest, F::groups(block).sub_scale[0]);
  }
  return largest;
}

}  // namespace nybble::formats
