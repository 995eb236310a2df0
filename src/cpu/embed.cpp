// The step embed: rows of the embedding.
#include "cpu/cpu_backend.h"

namespace nybble::cpu {

void CpuBackend::embed(const backend::EmbedStep& step) {
  const auto& embedding = static_cast<const CpuWeight&>(*step.embedding);
  pool_.run(static_cast<std::int64_t>(step.tokens.size()), [&](std::int64_t t, int) {
    embedding.decode_row(step.tokens[static_cast<std::size_t>(t)], step.out + t * embedding.cols());
  });
}

}  // namespace nybble::cpu
