// The step project_add: a linear whose result is added to the residual stream.
#include "cpu/cpu_backend.h"

namespace nybble::cpu {

void CpuBackend::project_add(const backend::ProjectAddStep& step) {
  if (step.tap != nullptr) {
    (*step.tap)(backend::TapPoint::attention_output, step.x, step.tokens,
                step.linear.weight->cols());
  }
  const PanelJob job{step.linear, add_to(step.linear, step.tokens, step.residual)};
  run_linears({&job, 1}, {step.x}, step.tokens);
}

}  // namespace nybble::cpu
