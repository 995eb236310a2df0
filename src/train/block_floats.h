// The floats of an encoded matrix (formats/rescale.h) as they learn: finer than the blocks store
// them.
#pragma once

#include "formats/rescale.h"
#include "train/adam.h"
#include "train/encoded_matrix.h"

namespace nybble::train {

class BlockFloats {
 public:
  // The format must have a rescaling. error: root of the squared error of the matrix relative to
  // its squares.
  BlockFloats(const EncodedMatrix& matrix, float error);

  // gradient [range.n, cols] by the weights of some rows; each float moves by about the rate of the
  // step, of moments(), times its magnitude at the beginning and the error. The blocks then hold
  // them rounded.
  void learn(std::span<const float> gradient, const Adam::Step& step, EncodedMatrix& matrix,
             const RowRange& range);
  void store(EncodedMatrix& matrix, const RowRange& range) const;

  std::span<float> values() { return values_; }
  Adam& moments() { return adam_; }

 private:
  // As many as there are in so many rows.
  std::size_t floats_before(const EncodedMatrix& matrix, std::int64_t row) const;

  const formats::Rescaling& rescaling_;
  std::vector<float> values_, units_, gradient_;
  Adam adam_;
};

}  // namespace nybble::train
