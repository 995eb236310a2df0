#include "api/training_memory.h"

#include <algorithm>

#include "base/bytes_text.h"
#include "base/error.h"
#include "cpu/host_memory.h"
#include "gradients/layer.h"

namespace nybble {

void check_training_memory(std::uint64_t needed, std::uint64_t memory_bytes, std::string_view what,
                           std::string_view instead) {
  const std::uint64_t available = cpu::allowed_host_memory(memory_bytes);
  if (needed <= available) return;
  fail(ErrorKind::out_of_memory, "{} needs {}, {} are available; allow more memory{}", what,
       bytes_text(needed), bytes_text(available), instead);
}

int layers_to_keep(const models::DecoderConfig& config, std::size_t tokens,
                   std::uint64_t memory_bytes) {
  const std::size_t layer = gradients::LayerTrace::bytes(config, static_cast<int>(tokens));
  const std::size_t n = cpu::allowed_host_memory(memory_bytes) / 2 / layer;
  return static_cast<int>(std::min(n, static_cast<std::size_t>(config.layers)));
}

}  // namespace nybble
