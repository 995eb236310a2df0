// Rounding with error feedback (GPTQ, which is LDLQ and Babai's nearest plane) and coordinate
// descent, for any grid: what is lost in one column is made up for in the columns to come.
// Sources: Frantar et al., GPTQ (arXiv 2210.17323); Chee et al., QuIP (arXiv 2307.13304) for groups
// of columns; Nair and Suggala, CDQuant (arXiv 2406.17542) for the descent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quantize/code_grid.h"

namespace nybble::quantize {

// What all rows of a weight share: minimize (w - q) H (w - q)^T for each row w.
struct FeedbackProblem {
  int cols = 0;
  int unit = 1;                     // columns that a grid chooses together
  std::vector<int> order;           // column that comes k-th: those of large H first
  std::vector<float> moment;        // damped H, rows and columns in this order
  std::vector<float> factor;        // upper triangular U, H^-1 = U^T U
  std::vector<float> unit_weight;   // [cols]: cost of an error in a column, the later ones adapting
  std::vector<float> unit_inverse;  // [cols / unit, unit, unit]: inverse of H within each unit

  // moment [cols, cols] symmetric. To its diagonal are added identity times its mean, raised until
  // H is positive definite, and diagonal times itself.
  FeedbackProblem(std::span<const float> moment, int cols, int unit, double identity,
                  double diagonal);

 private:
  void damp_and_factor(std::span<const float> source, double identity, double diagonal);
  void weigh_units();
};

// Finds values [rows, cols] of the grid for targets [rows, cols]: error feedback, then sweeps of
// descent.
template <class Grid>
void round_with_feedback(const FeedbackProblem& problem, const Grid& grid,
                         std::span<const float> targets, int rows, int sweeps,
                         std::span<float> values);

extern template void round_with_feedback(const FeedbackProblem&, const ScalarGrid&,
                                         std::span<const float>, int, int, std::span<float>);
extern template void round_with_feedback(const FeedbackProblem&, const LatticeGrid&,
                                         std::span<const float>, int, int, std::span<float>);

}  // namespace nybble::quantize
