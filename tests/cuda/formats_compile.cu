// Proves that nvcc compiles decode of every listed format for the device: one kernel a format.
// Nothing runs it yet.
#include <cstddef>

#include "formats/all.h"

namespace nybble::formats {

// One thread a block of the format. blocks [n], out [n, F::block_len].
template <class F>
__global__ void decode_kernel(const typename F::Block* blocks, std::size_t n, float* out) {
  const std::size_t b = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (b < n) F::decode(blocks[b], out + b * F::block_len);
}

template <class... Fs>
void launch_all(FormatList<Fs...>, const void* blocks, std::size_t n, float* out) {
  (decode_kernel<Fs><<<1, 128>>>(static_cast<const typename Fs::Block*>(blocks), n, out), ...);
}

void launch_every_format(const void* blocks, std::size_t n, float* out) {
  launch_all(AllFormats{}, blocks, n, out);
}

}  // namespace nybble::formats
