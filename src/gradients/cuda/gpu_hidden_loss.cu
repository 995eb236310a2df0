// hidden_loss.h on the GPU.
#include "gradients/cuda/gpu_steps.h"

namespace nybble::gradients::gpu {
namespace {

constexpr int channels = 32, sums_a_channel = 8, threads = 256;

// share / the sum of a channel's squares; 0 where that is 0.
__global__ void weigh_channels(Rows y, float share, float* weights) {
  __shared__ float squares[sums_a_channel][channels];
  const int c = static_cast<int>(blockIdx.x * channels + threadIdx.x);
  float own = 0;
  for (int row = static_cast<int>(threadIdx.y); c < y.cols && row < y.rows; row += sums_a_channel) {
    const float value = y.values[std::int64_t{row} * y.cols + c];
    own += value * value;
  }
  squares[threadIdx.y][threadIdx.x] = own;
  __syncthreads();
  if (threadIdx.y > 0 || c >= y.cols) return;
  for (int i = 1; i < sums_a_channel; ++i) own += squares[i][threadIdx.x];
  weights[c] = own > 0 ? share / own : 0;
}

__global__ void add_differences(Rows x, const float* y, const float* weights, float* d_x) {
  const std::int64_t i = std::int64_t{blockIdx.x} * threads + threadIdx.x;
  if (i < std::int64_t{x.rows} * x.cols) d_x[i] += weights[i % x.cols] * (x.values[i] - y[i]);
}

}  // namespace

void add_hidden_gradient(const Rows& x, const float* teacher, float factor, float* d_x,
                         DeviceFloats& weights) {
  weights.resize(static_cast<std::size_t>(x.cols));
  const float share = 2 * factor * static_cast<float>(x.rows) / static_cast<float>(x.cols);
  const auto across = static_cast<unsigned>((x.cols + channels - 1) / channels);
  weigh_channels<<<across, dim3(channels, sums_a_channel)>>>({teacher, x.rows, x.cols}, share,
                                                             weights.data());
  const std::int64_t n = std::int64_t{x.rows} * x.cols;
  add_differences<<<static_cast<unsigned>((n + threads - 1) / threads), threads>>>(
      x, teacher, weights.data(), d_x);
}

}  // namespace nybble::gradients::gpu
