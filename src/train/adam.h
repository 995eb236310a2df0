// Adam with decoupled weight decay.
// Sources: Kingma and Ba, Adam (arXiv 1412.6980), algorithm 1; Loshchilov and Hutter, Decoupled
// Weight Decay Regularization (arXiv 1711.05101), algorithm 2.
#pragma once

#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "train/byte_moments.h"

namespace nybble::train {

struct AdamOptions {
  float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-16f;
  float decay = 0;        // of the values at each step, times the rate
  bool in_bytes = false;  // the moments, which take a quarter of the memory then
};

// The moments of n values.
class Adam {
 public:
  explicit Adam(std::size_t n, const AdamOptions& options = {});

  // One step along the gradient: each value moves by about `rate`, times its unit where there are
  // units [n].
  void step(std::span<const float> gradient, float rate, std::span<const float> units,
            std::span<float> values, ThreadPool& pool);
  // The same in parts, which threads may take: begin() counts the step, a part begins at `first`,
  // a multiple of ByteMoments::block_len when moments are in bytes.
  struct Step {
    float rate = 0, share1 = 1, share2 = 1;  // shares: what corrects moments that began at 0
  };
  Step begin(float rate);
  void step_part(const Step& step, std::size_t first, std::span<const float> gradient,
                 std::span<const float> units, std::span<float> values);

  // What a checkpoint keeps: both moments, or the scales of their blocks, and the number of steps
  // as a float; then codes, when moments are bytes.
  std::vector<std::span<float>> state();
  std::vector<std::span<std::uint8_t>> codes();

 private:
  AdamOptions options_;
  std::vector<float> first_, second_;  // empty: in bytes
  ByteMoments first_bytes_, second_bytes_;
  float steps_ = 0;
};

}  // namespace nybble::train
