// Random numbers that are the same on every machine.
#pragma once

#include <cstdint>

namespace nybble {

// SplitMix64 (Steele, Lea and Flood, 2014): the next number of the sequence that starts at `state`.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t x = state;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A number in [0, 1).
constexpr double random_share(std::uint64_t& state) {
  return static_cast<double>(splitmix64(state) >> 11) * 0x1p-53;
}

// A whole number in [0, n). Its bias, n / 2^32, is far below what resampling could show.
constexpr std::uint32_t random_below(std::uint64_t& state, std::uint32_t n) {
  return static_cast<std::uint32_t>(((splitmix64(state) >> 32) * n) >> 32);
}

}  // namespace nybble
