#include "quantize/error_feedback.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "linalg/dense.h"

namespace nybble::quantize {
namespace {

constexpr int block_cols = 128;  // columns between two products of matrices

std::size_t at(int row, int col, int cols) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) +
         static_cast<std::size_t>(col);
}

std::size_t square(int n) {
  return static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
}

// Units of columns by falling maximum of the diagonal: those that matter most come first, while
// many can still make up for them.
std::vector<int> order_of(std::span<const float> moment, int cols, int unit) {
  std::vector<int> units(static_cast<std::size_t>(cols / unit));
  std::iota(units.begin(), units.end(), 0);
  const auto largest = [&](int u) {
    float most = 0;
    for (int i = u * unit; i < (u + 1) * unit; ++i) most = std::max(most, moment[at(i, i, cols)]);
    return most;
  };
  std::ranges::stable_sort(units, std::greater<>(), largest);
  std::vector<int> order;
  for (const int u : units) {
    for (int i = u * unit; i < (u + 1) * unit; ++i) order.push_back(i);
  }
  return order;
}

// Inverse of the unit x unit block of a symmetric positive definite matrix, by Gauss and Jordan.
void invert(std::vector<double>& a, int n) {
  for (int p = 0; p < n; ++p) {
    const double pivot = 1 / a[at(p, p, n)];
    for (int i = 0; i < n; ++i) {
      if (i == p) continue;
      const double f = a[at(i, p, n)] * pivot;
      for (int j = 0; j < n; ++j) {
        if (j != p) a[at(i, j, n)] -= f * a[at(p, j, n)];
      }
      a[at(i, p, n)] = -f;
    }
    for (int j = 0; j < n; ++j) {
      if (j != p) a[at(p, j, n)] *= pivot;
    }
    a[at(p, p, n)] = pivot;
  }
}

}  // namespace

FeedbackProblem::FeedbackProblem(std::span<const float> source, int n_cols, int n_unit,
                                 double identity, double diagonal)
    : cols(n_cols), unit(n_unit), order(order_of(source, n_cols, n_unit)) {
  damp_and_factor(source, identity, diagonal);
  weigh_units();
}

void FeedbackProblem::damp_and_factor(std::span<const float> source, double identity,
                                      double diagonal) {
  double mean = 0;
  for (int i = 0; i < cols; ++i) mean += source[at(i, i, cols)];
  mean = mean > 0 ? mean / cols : 1;
  std::vector<double> damped(square(cols));
  for (double added = identity;; added = std::max(2 * added, 1e-4)) {
    if (!(added < 1e3)) {
      fail(
          ErrorKind::invalid_input,
          "the second moments of its inputs are those of no data: not positive definite; calibrate "
          "again");
    }
    for (int i = 0; i < cols; ++i) {
      for (int j = 0; j < cols; ++j) {
        damped[at(i, j, cols)] = source[at(order[static_cast<std::size_t>(i)],
                                           order[static_cast<std::size_t>(j)], cols)];
      }
      damped[at(i, i, cols)] += added * mean + diagonal * damped[at(i, i, cols)];
    }
    moment.assign(damped.begin(), damped.end());
    if (linalg::factor_inverse(damped, cols)) break;
  }
  factor.assign(damped.begin(), damped.end());
}

// While an error in unit b is paid for by the later columns, what is left of it costs
// e (U_b^T U_b)^-1 e^T; the choice within a unit weighs columns by the diagonal of that.
void FeedbackProblem::weigh_units() {
  std::vector<double> block(square(unit));
  const auto fill_and_invert = [&](auto entry) {
    for (int i = 0; i < unit; ++i) {
      for (int j = 0; j < unit; ++j) block[at(i, j, unit)] = entry(i, j);
    }
    invert(block, unit);
  };
  for (int first = 0; first < cols; first += unit) {
    fill_and_invert([&](int i, int j) {
      double sum = 0;
      for (int k = 0; k <= std::min(i, j); ++k) {
        sum +=
            double{factor[at(first + k, first + i, cols)]} * factor[at(first + k, first + j, cols)];
      }
      return sum;
    });
    for (int i = 0; i < unit; ++i) unit_weight.push_back(static_cast<float>(block[at(i, i, unit)]));
    fill_and_invert([&](int i, int j) { return moment[at(first + i, first + j, cols)]; });
    unit_inverse.insert(unit_inverse.end(), block.begin(), block.end());
  }
}

namespace {

// Some rows with their columns in the problem's order.
template <class Grid>
class Rows {
 public:
  Rows(const FeedbackProblem& problem, const Grid& grid, std::span<const float> targets, int rows)
      : p_(problem), grid_(grid), rows_(rows), cols_(problem.cols) {
    targets_.resize(targets.size());
    for (int r = 0; r < rows; ++r) {
      for (int k = 0; k < cols_; ++k) targets_[at(r, k, cols_)] = targets[at(r, column(k), cols_)];
    }
    values_.resize(targets_.size());
  }

  void feed_back() {
    std::vector<float> rest = targets_;
    std::vector<float> errors(static_cast<std::size_t>(rows_ * block_cols));
    for (int begin = 0; begin < cols_; begin += block_cols) {
      const int end = std::min(begin + block_cols, cols_);
      for (int r = 0; r < rows_; ++r) {
        feed_back_row(r, begin, end, &rest[at(r, 0, cols_)], &errors[at(r, 0, block_cols)]);
      }
      if (end < cols_) {
        linalg::multiply_add(rows_, cols_ - end, end - begin, -1, errors.data(), block_cols,
                             &p_.factor[at(begin, end, cols_)], cols_, &rest[at(0, end, cols_)],
                             cols_);
      }
    }
  }

  // One sweep never makes the loss larger.
  void descend(int sweeps) {
    std::vector<float> gradient(targets_.size()), off(targets_.size());
    for (std::size_t i = 0; i < off.size(); ++i) off[i] = values_[i] - targets_[i];
    linalg::multiply_add(rows_, cols_, cols_, 1, off.data(), cols_, p_.moment.data(), cols_,
                         gradient.data(), cols_);
    std::vector<float> moves(static_cast<std::size_t>(rows_ * block_cols));
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      for (int begin = 0; begin < cols_; begin += block_cols) {
        const int end = std::min(begin + block_cols, cols_);
        for (int r = 0; r < rows_; ++r) {
          descend_row(r, begin, end, &gradient[at(r, 0, cols_)], &moves[at(r, 0, block_cols)]);
        }
        linalg::multiply_add(rows_, cols_, end - begin, 1, moves.data(), block_cols,
                             &p_.moment[at(begin, 0, cols_)], cols_, gradient.data(), cols_);
      }
    }
  }

  void write(std::span<float> values) const {
    for (int r = 0; r < rows_; ++r) {
      for (int k = 0; k < cols_; ++k) values[at(r, column(k), cols_)] = values_[at(r, k, cols_)];
    }
  }

 private:
  int column(int k) const { return p_.order[static_cast<std::size_t>(k)]; }

  void feed_back_row(int r, int begin, int end, float* rest, float* errors) {
    float* q = &values_[at(r, 0, cols_)];
    for (int k = begin; k < end; k += Grid::unit) {
      grid_.choose(r, column(k), rest + k, &p_.unit_weight[static_cast<std::size_t>(k)], q + k);
      for (int i = k; i < k + Grid::unit; ++i) {
        const float* factor = &p_.factor[at(i, 0, cols_)];
        const float error = (rest[i] - q[i]) / factor[i];
        errors[i - begin] = error;
        for (int j = i + 1; j < end; ++j) rest[j] -= error * factor[j];
      }
    }
  }

  void descend_row(int r, int begin, int end, const float* gradient, float* moves) {
    float* q = &values_[at(r, 0, cols_)];
    float slope[block_cols];
    std::copy(gradient + begin, gradient + end, slope);
    std::fill(moves, moves + (end - begin), 0.0f);
    for (int k = begin; k < end; k += Grid::unit) {
      float better[Grid::unit];
      if (!improve(r, k, q + k, slope + (k - begin), better)) continue;
      for (int i = 0; i < Grid::unit; ++i) {
        const float move = better[i] - q[k + i];
        q[k + i] = better[i];
        moves[k + i - begin] = move;
        const float* row = &p_.moment[at(k + i, 0, cols_)];
        for (int j = begin; j < end; ++j) slope[j - begin] += move * row[j];
      }
    }
  }

  // Whether the grid has better values for a unit, all others staying.
  bool improve(int r, int k, const float* q, const float* slope, float* better) const {
    if constexpr (Grid::unit == 1) {
      const float wanted = *q - *slope / p_.moment[at(k, k, cols_)];
      grid_.choose(r, column(k), &wanted, nullptr, better);
      return *better != *q;
    } else {
      constexpr int n = Grid::unit;
      const float* inverse = &p_.unit_inverse[at(k / n, 0, n * n)];
      float wanted[n], weight[n];
      for (int i = 0; i < n; ++i) {
        wanted[i] = q[i];
        for (int j = 0; j < n; ++j) wanted[i] -= inverse[i * n + j] * slope[j];
        weight[i] = p_.moment[at(k + i, k + i, cols_)];
      }
      grid_.choose(r, column(k), wanted, weight, better);
      float change = 0;
      for (int i = 0; i < n; ++i) {
        const float* row = &p_.moment[at(k + i, k, cols_)];
        float sum = 2 * slope[i];
        for (int j = 0; j < n; ++j) sum += row[j] * (better[j] - q[j]);
        change += (better[i] - q[i]) * sum;
      }
      return change < 0;
    }
  }

  const FeedbackProblem& p_;
  const Grid& grid_;
  const int rows_, cols_;
  std::vector<float> targets_, values_;
};

}  // namespace

template <class Grid>
void round_with_feedback(const FeedbackProblem& problem, const Grid& grid,
                         std::span<const float> targets, int rows, int sweeps,
                         std::span<float> values) {
  Rows<Grid> work(problem, grid, targets, rows);
  work.feed_back();
  if (sweeps > 0) work.descend(sweeps);
  work.write(values);
}

template void round_with_feedback(const FeedbackProblem&, const ScalarGrid&, std::span<const float>,
                                  int, int, std::span<float>);
template void round_with_feedback(const FeedbackProblem&, const LatticeGrid&,
                                  std::span<const float>, int, int, std::span<float>);

}  // namespace nybble::quantize
