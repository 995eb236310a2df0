// How far the weights of a model are from those of a reference, tensor by tensor.
#pragma once

#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "models/model_source.h"

namespace nybble::evaluate {

struct WeightError {
  const models::SourceTensor* tensor = nullptr;  // of the model
  int layer = -1;                                // -1: outside the layers
  std::string role;                              // "attn_q", "token_embd"
  double relative = 0;  // sum of squared differences / sum of squares of the reference
};

// For all tensors that both have with the same shape, in the order of the model. Decodes both, a
// row at a time.
std::vector<WeightError> weight_errors(const models::ModelSource& model,
                                       const models::ModelSource& reference, ThreadPool& pool);

}  // namespace nybble::evaluate
