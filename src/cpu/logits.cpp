// The step logits: the last norm and the head.
#include "cpu/cpu_backend.h"

namespace nybble::cpu {

void CpuBackend::logits(const backend::LogitsStep& step) {
  const float* normed = normalize(step.norm, step.x, step.tokens, step.dim);
  if (step.tap != nullptr) (*step.tap)(backend::TapPoint::head, normed, step.tokens, step.dim);
  if (step.out == nullptr) return;
  const PanelJob job{step.head, store_to(step.head, step.tokens, step.out)};
  run_linears({&job, 1}, {normed}, step.tokens, true);
}

}  // namespace nybble::cpu
