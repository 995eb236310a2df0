// Stands in for the CUDA backend in builds without CUDA, so that everything links and the user
// learns what to do.
#include "base/error.h"
#include "cuda/cuda_backend.h"

namespace nybble::cuda {

std::unique_ptr<backend::Backend> make_cuda_backend() {
  fail(ErrorKind::unsupported,
       "this nybble was built without CUDA and has no GPU kernels yet; run on the CPU (leave out "
       "the GPU option)");
}

}  // namespace nybble::cuda
