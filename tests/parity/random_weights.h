// Weights of random bytes for tests of what multiplies them.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "cpu/cpu_backend.h"
#include "tensor/tensor.h"

namespace nybble {

constexpr int rows = 37, tokens = 15;  // neither whole panels nor whole tiles

inline std::int64_t cols_of(const formats::FormatInfo& format) {
  return std::max(3 * format.block_len, 300 / format.block_len * format.block_len);
}

// Random bytes, block by block; blocks whose values are not finite or that would overflow are drawn
// again.
inline Tensor random_tensor(const formats::FormatInfo& format, std::mt19937& random) {
  Tensor tensor(format.id, {rows, cols_of(format)});
  std::vector<float> values(static_cast<std::size_t>(format.block_len));
  const auto block_bytes = static_cast<std::size_t>(format.block_bytes);
  for (std::size_t first = 0; first < tensor.bytes.size(); first += block_bytes) {
    bool usable = false;
    while (!usable) {
      for (std::size_t i = 0; i < block_bytes; ++i)
        tensor.bytes[first + i] = static_cast<std::byte>(random());
      format.decode(tensor.bytes.data() + first, 1, values.data());
      usable =
          std::all_of(values.begin(), values.end(), [](float x) { return std::fabs(x) < 1e20f; });
    }
  }
  return tensor;
}

inline std::unique_ptr<backend::Weight> upload(cpu::CpuBackend& backend, const TensorView& weight) {
  return backend.upload({.name = "weight",
                         .format = weight.format,
                         .rows = rows,
                         .cols = weight.shape.cols(),
                         .row = [&](std::int64_t row) { return weight.row(row); },
                         .rows_stay = true});
}

// As a part of a test's name.
inline std::string test_name(const formats::FormatInfo& format) {
  std::string name(format.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace nybble
