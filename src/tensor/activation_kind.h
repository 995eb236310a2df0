// What happens to the inputs of a quantized linear before they are multiplied.
#pragma once

#include <cstdint>

namespace nybble {

enum class Activations : std::uint8_t {
  floats,         // nothing
  int8_blocks,    // A8-32: int8 with a scale for each 32, as fast kernels take them
  int8_tokens,    // int8 with a scale for each token: W8A8
  float8_tokens,  // E4M3 with a scale for each token
  float8_groups,  // E4M3 with a scale for each 128 values of a token
  float8_fixed,   // E4M3 with one scale, which the checkpoint has for the linear
  // LLM.int8(): those of a magnitude of 6 and more stay floats, the others are int8 with a scale
  // for each token. Dettmers et al., arXiv 2208.07339. There a column stays as a whole when one
  // token of the batch has an outlier in it; here each value is judged alone, so that what a token
  // becomes does not depend on its neighbours.
  int8_but_outliers,
};

inline constexpr float outlier_threshold = 6;

}  // namespace nybble
