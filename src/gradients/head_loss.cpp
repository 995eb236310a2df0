#include "gradients/head_loss.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/random.h"
#include "gradients/linear_pass.h"
#include "gradients/rms_norm.h"
#include "gradients/softmax.h"

namespace nybble::gradients {
namespace {

// Tokens whose logits are in memory together.
constexpr int chunk = 256;

using Floats = std::vector<float>;

std::size_t count(int rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

// The head over some tokens of all.
class Head {
 public:
  Head(const HeadInputs& inputs, ThreadPool& pool)
      : inputs_(inputs),
        pool_(pool),
        dim_(inputs.parameters.config.dim),
        normed_(count(chunk, dim_)),
        logits_(count(chunk, vocab())) {}

  int vocab() const { return inputs_.parameters.config.vocab; }
  float* row(int t) { return logits_.data() + count(t, vocab()); }

  void forth(int first, int n) {
    const Parameters& p = inputs_.parameters;
    normalize(x(first, n), p.output_norm, p.config.rms_epsilon, normed_.data(), pool_);
    const Rows normed{normed_.data(), n, dim_};
    if (p.config.tied) {
      multiply(normed, p.embedding, logits_.data(), pool_);
    } else {
      run(p.head, normed, logits_.data(), pool_);
    }
  }
  // The logits have become the gradients by them.
  void back(int first, int n, float* d_x, Parameters& gradients) {
    const Parameters& p = inputs_.parameters;
    const Rows normed{normed_.data(), n, dim_}, d_logits{logits_.data(), n, vocab()};
    Floats d_normed(count(n, dim_));
    if (p.config.tied) {
      multiply_back(d_logits, p.embedding, 1, d_normed.data(), pool_);
      add_outer(d_logits, normed, 1, gradients.embedding, pool_);
    } else {
      run_back(p.head, normed, d_logits, d_normed.data(), gradients.head, pool_);
    }
    normalize_back(x(first, n), p.output_norm, p.config.rms_epsilon, d_normed.data(), Sum::replace,
                   d_x + count(first, dim_), gradients.output_norm, pool_);
  }
  int tokens() const { return static_cast<int>(inputs_.x.size()) / dim_; }

 private:
  Rows x(int first, int n) const { return {inputs_.x.data() + count(first, dim_), n, dim_}; }

  const HeadInputs& inputs_;
  ThreadPool& pool_;
  int dim_;
  Floats normed_, logits_;
};

// Runs the loss of each token, which turns its logits into gradients when they are wanted.
double sum_losses(Head& head, float* d_x, Parameters& gradients, ThreadPool& pool,
                  const std::function<void(int first, int n)>& prepare,
                  const std::function<double(int first, int t)>& loss_of) {
  double sum = 0;
  for (int first = 0; first < head.tokens(); first += chunk) {
    const int n = std::min(chunk, head.tokens() - first);
    head.forth(first, n);
    prepare(first, n);
    std::vector<double> losses(static_cast<std::size_t>(n));
    pool.run(n, [&](std::int64_t t, int) {
      losses[static_cast<std::size_t>(t)] = loss_of(first, static_cast<int>(t));
    });
    sum = std::accumulate(losses.begin(), losses.end(), sum);
    if (d_x != nullptr) head.back(first, n, d_x, gradients);
  }
  return sum;
}

// Student's logits become (student - teacher) * factor, both as probabilities.
double token_divergence(float* student, float* teacher, int n, float factor,
                        const cpu::Kernels& kernels) {
  // sum p (log p - log q), with log p - log q = (teacher - student) + log of the quotient of sums.
  const std::vector<float> s(student, student + n), t(teacher, teacher + n);
  float max_s = 0, max_t = 0;
  const double sum_s = exponentials(student, n, kernels, max_s);
  const double sum_t = exponentials(teacher, n, kernels, max_t);
  const double shift = std::log(sum_s / sum_t) + double{max_s} - double{max_t};
  const float share_s = static_cast<float>(1 / sum_s), share_t = static_cast<float>(1 / sum_t);
  double sums[8] = {};
  for (int i = 0; i < n; ++i) {
    const float p = teacher[i] * share_t;
    const auto at = static_cast<std::size_t>(i);
    sums[i % 8] += double{p} * double{t[at] - s[at]};
    student[i] = (student[i] * share_s - p) * factor;
  }
  return std::accumulate(sums, sums + 8, 0.0) + shift;
}

// Where the running sum of the weights passes `share` of their sum.
std::int32_t draw(const float* weights, int n, double sum, double share) {
  double left = share * sum;
  for (int i = 0; i + 1 < n; ++i) {
    left -= double{weights[i]};
    if (left < 0) return i;
  }
  return n - 1;
}

}  // namespace

double divergence(const HeadInputs& student, const HeadInputs& teacher, float factor,
                  std::span<float> d_x, Parameters& gradients, const cpu::Kernels& kernels,
                  ThreadPool& pool) {
  Head head(student, pool), other(teacher, pool);
  return sum_losses(
      head, d_x.empty() ? nullptr : d_x.data(), gradients, pool,
      [&](int first, int n) { other.forth(first, n); },
      [&](int, int t) {
        return token_divergence(head.row(t), other.row(t), head.vocab(), factor, kernels);
      });
}

double cross_entropy(const HeadInputs& model, std::span<const std::int32_t> labels, float factor,
                     std::span<float> d_x, Parameters& gradients, const cpu::Kernels& kernels,
                     ThreadPool& pool) {
  Head head(model, pool);
  const auto loss_of = [&](int first, int t) {
    const std::int32_t label = labels[static_cast<std::size_t>(first + t)];
    float* row = head.row(t);
    if (label < 0) {
      std::fill_n(row, head.vocab(), 0.0f);
      return 0.0;
    }
    const double target = row[label];
    float max = 0;
    const double sum = exponentials(row, head.vocab(), kernels, max);
    const float share = factor * static_cast<float>(1 / sum);
    for (int i = 0; i < head.vocab(); ++i) row[i] *= share;
    row[label] -= factor;
    return std::log(sum) + double{max} - target;
  };
  return sum_losses(
      head, d_x.empty() ? nullptr : d_x.data(), gradients, pool, [](int, int) {}, loss_of);
}

std::vector<std::int32_t> draw_labels(const HeadInputs& model, std::uint64_t seed,
                                      const cpu::Kernels& kernels, ThreadPool& pool) {
  Head head(model, pool);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(head.tokens()));
  for (int first = 0; first < head.tokens(); first += chunk) {
    const int n = std::min(chunk, head.tokens() - first);
    head.forth(first, n);
    pool.run(n, [&](std::int64_t t, int) {
      const auto token = static_cast<std::size_t>(first + t);
      std::uint64_t state = seed + token;
      float* row = head.row(static_cast<int>(t));
      float max = 0;
      const double sum = exponentials(row, head.vocab(), kernels, max);
      labels[token] = draw(row, head.vocab(), sum, random_share(state));
    });
  }
  return labels;
}

}  // namespace nybble::gradients
