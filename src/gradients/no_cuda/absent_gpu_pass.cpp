// Stands in for cuda/ in builds without CUDA, so that everything links and the user learns what to
// do.
#include "base/error.h"
#include "gradients/gpu_pass.h"

namespace nybble::gradients {

void check_gpu() {
  fail(ErrorKind::unsupported,
       "this nybble was built without CUDA: leave out --gpu, or build it where nvcc is installed");
}

std::unique_ptr<GpuPass> make_gpu_pass(const Parameters*, int, ThreadPool&, Precision) {
  check_gpu();
  return nullptr;
}

}  // namespace nybble::gradients
