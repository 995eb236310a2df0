// The backend that computes on an NVIDIA GPU.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace nybble::cuda {

// Throws Error(unsupported) in a build without CUDA.
std::unique_ptr<backend::Backend> make_cuda_backend();

}  // namespace nybble::cuda
