// Numbers in 8 bits for the moments of Adam: blocks share the largest magnitude of theirs, and a
// code stands for a part of it between 1 and a ten-millionth, in steps that grow with the part.
// Source: Dettmers et al., 8-bit Optimizers via Block-wise Quantization (arXiv 2110.02861),
// sections 1.3 and 2.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nybble::train {

class ByteMoments {
 public:
  static constexpr std::size_t block_len = 256;
  // Positive numbers have twice as many codes, and do not become 0: as a second moment that would
  // make a step of any length.
  enum class Signs { both, positive };

  // n numbers of 0.
  ByteMoments(std::size_t n, Signs signs);

  // values [block_len], fewer at the end.
  void read(std::size_t block, std::span<float> values) const;
  void write(std::size_t block, std::span<const float> values);

  std::span<float> scales() { return scales_; }
  std::span<std::uint8_t> codes() { return codes_; }

 private:
  Signs signs_;
  std::vector<std::uint8_t> codes_;
  std::vector<float> scales_;  // of blocks
};

}  // namespace nybble::train
