// RMS norm of one vector.
#pragma once

#include <cstdint>

#include "backend/steps.h"

namespace nybble::cpu {

// out = x / sqrt(mean(x^2) + epsilon) * weight, over n values; out may be x. The squares are exact
// in double and are added in eight sums (value i to sum i % 8), the sums from first to last.
void rms_norm(const backend::Norm& norm, const float* x, std::int64_t n, float* out);

}  // namespace nybble::cpu
