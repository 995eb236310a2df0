#include "cpu/cpu_backend.h"

#include <fmt/format.h>

#include <cstring>

#include "cpu/choose_kernels.h"
#include "cpu/host_memory.h"
#include "cpu/kv_panels.h"
#include "cpu/panel_weight.h"
#include "cpu/r16k4_weight.h"
#include "cpu/weight_layout.h"
#include "tensor/tensor.h"

namespace nybble::cpu {

CpuBackend::CpuBackend(const CpuOptions& options)
    : kernels_(choose_kernels(options.isa)),
      pool_(options.threads),
      scratch_(static_cast<std::size_t>(pool_.size())),
      expand_bytes_(options.expand_bytes),
      repack_(options.repack),
      activations_(options.activations),
      activations_as_stored_(options.activations_as_stored),
      keys_(kv_layout(options.keys)),
      values_(kv_layout(options.values)) {}

std::string CpuBackend::describe() const {
  return fmt::format("CPU ({}, {} thread{})", kernels_.name, pool_.size(),
                     pool_.size() == 1 ? "" : "s");
}

std::size_t CpuBackend::available_bytes() const {
  return available_host_memory();
}

backend::Buffer CpuBackend::allocate(std::size_t n) {
  AlignedArray<float> memory(n, "activations");
  std::fill(memory.data(), memory.data() + n, 0.0f);
  return {memory.release(), n, [](float* p) noexcept { std::free(p); }};
}

void CpuBackend::write(float* device, std::span<const float> values) {
  std::copy(values.begin(), values.end(), device);
}

void CpuBackend::read(const float* device, std::span<float> values) {
  std::copy(device, device + values.size(), values.begin());
}

std::size_t CpuBackend::kv_cache_bytes(const backend::KvCacheShape& shape) const {
  return KvPanels::bytes_of(shape, keys_, values_);
}

std::unique_ptr<backend::KvCache> CpuBackend::make_kv_cache(const backend::KvCacheShape& shape) {
  return std::make_unique<KvPanels>(shape, keys_, values_);
}

bool CpuBackend::multiplies_integers(const backend::WeightSource& source) const {
  const Activations activations = activations_for(source.activations, source.format);
  return run_format(source.format) != nullptr &&
         (activations == Activations::int8_blocks || activations == Activations::int8_tokens);
}

std::unique_ptr<backend::Weight> CpuBackend::upload(const backend::WeightSource& source) {
  const bool integers = multiplies_integers(source);
  KeepRows keep = KeepRows::in_place;
  if (repack_ || !source.rows_stay)
    keep = choose_layout(source.format, source.rows, source.cols, integers, expand_bytes_).keep;
  if (integers) return std::make_unique<R16k4Weight>(source, keep, kernels_, pages_, pool_);
  return std::make_unique<PanelWeight>(source, keep, kernels_, pages_, pool_);
}

}  // namespace nybble::cpu
