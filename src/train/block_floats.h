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

  // gradient [rows, cols] by the weights; each float moves by about `rate` times its magnitude at
  // the beginning and the error. The blocks then hold them rounded.
  void learn(const float* gradient, float rate, EncodedMatrix& matrix, ThreadPool& pool);
  void store(EncodedMatrix& matrix, ThreadPool& pool) const;

  std::span<float> values() { return values_; }
  Adam& moments() { return adam_; }

 private:
  const formats::Rescaling& rescaling_;
  std::vector<float> values_, units_, gradient_;
  Adam adam_;
};

}  // namespace nybble::train
