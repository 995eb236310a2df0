// The weights behind the codes of an encoded matrix as they learn: the blocks hold the nearest
// codes on the grid of their scales, and the gradient passes through the rounding as if it were not
// there. They are kept in steps of the grid, so that they stay where they are when the scales
// learn, too. Source: Bengio et al., Estimating or Propagating Gradients Through Stochastic Neurons
// (arXiv 1308.3432), section 4: the straight-through estimator.
#pragma once

#include "train/adam.h"
#include "train/encoded_matrix.h"

namespace nybble::train {

class LatentMatrix {
 public:
  // weights [rows, cols] in the order of the blocks: what was encoded, into a format whose codes
  // can be chosen anew (formats/recode.h). Those to which another code is nearer than the one that
  // the blocks hold, as after error feedback, begin at the border between both, so that the codes
  // that cost least to change change first: of Q2_K that left 0.46 of llama-quantize's divergence,
  // a start in the middle of each code 0.53, and one with the nearest codes 0.62 (smollm2-80m, 300
  // k tokens; the prototype of decision 0016).
  LatentMatrix(const EncodedMatrix& matrix, std::vector<float> weights, const AdamOptions& options,
               ThreadPool& pool);
  static bool is_for(FormatId format);

  // gradient [range.n, cols] by the weights of some rows, which is used up; each moves by about the
  // rate of the step, of moments(), in steps of the grid. The blocks then hold the nearest codes.
  void learn(std::span<float> gradient, const Adam::Step& step, EncodedMatrix& matrix,
             const RowRange& range);
  void store(EncodedMatrix& matrix, const RowRange& range) const;

  std::span<float> values() { return values_; }
  Adam& moments() { return adam_; }

 private:
  std::vector<float> values_;  // (weight - offset) / (scale * step)
  Adam adam_;
};

}  // namespace nybble::train
