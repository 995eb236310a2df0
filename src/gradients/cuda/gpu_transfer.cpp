#include "gradients/cuda/gpu_transfer.h"

#include <algorithm>

#include "base/pieces.h"

namespace nybble::gradients::gpu {
namespace {

constexpr std::size_t buffer_len = 4 << 20;
constexpr const char* copying = "copying between host and GPU";

void copy(void* to, const void* from, std::size_t n, cudaMemcpyKind kind, cudaEvent_t done) {
  check(cudaMemcpyAsync(to, from, n * sizeof(float), kind), copying);
  check(cudaEventRecord(done), copying);
}

}  // namespace

void Copies::add(const float* from, float* to, std::size_t n) {
  for (std::size_t first = 0; first < n; first += buffer_len)
    pieces_.push_back({from + first, to + first, std::min(buffer_len, n - first)});
}

Transfer::Transfer(ThreadPool& pool) : pool_(pool) {
  for (Buffer& buffer : buffers_) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, buffer_len * sizeof(float)), "allocating pinned memory");
    buffer.values = static_cast<float*>(memory);
    check(cudaEventCreateWithFlags(&buffer.done, cudaEventDisableTiming), copying);
  }
}

Transfer::~Transfer() {
  for (const Buffer& buffer : buffers_) {
    if (buffer.done != nullptr) cudaEventDestroy(buffer.done);
    cudaFreeHost(buffer.values);
  }
}

void Transfer::upload(const Copies& copies) {
  for (std::size_t i = 0; i < copies.pieces_.size(); ++i) {
    const auto& piece = copies.pieces_[i];
    const Buffer& buffer = buffers_[i % 2];
    check(cudaEventSynchronize(buffer.done), copying);
    for_pieces(piece.n, pool_, [&](std::size_t first, std::size_t n) {
      std::copy_n(piece.from + first, n, buffer.values + first);
    });
    copy(piece.to, buffer.values, piece.n, cudaMemcpyHostToDevice, buffer.done);
  }
}

void Transfer::add(const Copies& copies) {
  const auto& pieces = copies.pieces_;
  for (const Buffer& buffer : buffers_) check(cudaEventSynchronize(buffer.done), copying);
  for (std::size_t i = 0; i <= pieces.size(); ++i) {
    if (i < pieces.size()) {
      copy(buffers_[i % 2].values, pieces[i].from, pieces[i].n, cudaMemcpyDeviceToHost,
           buffers_[i % 2].done);
    }
    if (i == 0) continue;
    const auto& piece = pieces[i - 1];
    const Buffer& buffer = buffers_[(i - 1) % 2];
    check(cudaEventSynchronize(buffer.done), copying);
    for_pieces(piece.n, pool_, [&](std::size_t first, std::size_t n) {
      for (std::size_t j = first; j < first + n; ++j) piece.to[j] += buffer.values[j];
    });
  }
}

}  // namespace nybble::gradients::gpu
