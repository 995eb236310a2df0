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
  Head(const HeadInputs& inputs, const Engine& engine)
      : inputs_(inputs),
        engine_(engine),
        dim_(inputs.parameters.config.dim),
        weight_(inputs.parameters.config.tied ? inputs.parameters.embedding
                                              : inputs.parameters.head.weight,
                engine),
        normed_(count(chunk, dim_)),
        logits_(count(chunk, vocab())) {}

  int vocab() const { return inputs_.parameters.config.vocab; }
  float* row(int t) { return logits_.data() + count(t, vocab()); }

  void forth(int first, int n) {
    const Parameters& p = inputs_.parameters;
    normalize(x(first, n), p.output_norm, p.config.rms_epsilon, normed_.data(), engine_.pool);
    const Rows normed{normed_.data(), n, dim_};
    weight_.multiply(normed, logits_.data());
    if (!p.config.tied) run_added(p.head, normed, logits_.data(), engine_);
  }
  // The logits have become the gradients by them.
  void back(int first, int n, float* d_x, Parameters& gradients) {
    const Parameters& p = inputs_.parameters;
    const Rows normed{normed_.data(), n, dim_}, d_logits{logits_.data(), n, vocab()};
    Floats d_normed(count(n, dim_));
    weight_.multiply_back(d_logits, 1, d_normed.data());
    if (p.config.tied) {
      add_outer(d_logits, normed, 1, gradients.embedding, engine_);
    } else {
      run_added_back(p.head, normed, d_logits, d_normed.data(), gradients.head, engine_);
    }
    normalize_back(x(first, n), p.output_norm, p.config.rms_epsilon, d_normed.data(), Sum::replace,
                   d_x + count(first, dim_), gradients.output_norm, engine_.pool);
  }
  int tokens() const { return static_cast<int>(inputs_.x.size()) / dim_; }

 private:
  Rows x(int first, int n) const { return {inputs_.x.data() + count(first, dim_), n, dim_}; }

  const HeadInputs& inputs_;
  const Engine& engine_;
  int dim_;
  ProductWeight weight_;
  Floats normed_, logits_;
};

// Runs the loss of each token, which turns its logits into gradients when they are wanted.
double sum_losses(Head& head, float* d_x, Parameters& gradients, const Engine& engine,
                  const std::function<void(int first, int n)>& prepare,
                  const std::function<double(int first, int t)>& loss_of) {
  double sum = 0;
  for (int first = 0; first < head.tokens(); first += chunk) {
    const int n = std::min(chunk, head.tokens() - first);
    head.forth(first, n);
    prepare(first, n);
    std::vector<double> losses(static_cast<std::size_t>(n));
    engine.pool.run(n, [&](std::int64_t t, int) {
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
  constexpr int width = 8;
  double sums[width] = {};
  const auto add = [&](int i, int lane) {
    const float p = teacher[i] * share_t;
    const auto at = static_cast<std::size_t>(i);
    sums[lane] += double{p} * double{t[at] - s[at]};
    student[i] = (student[i] * share_s - p) * factor;
  };
  int first = 0;
  for (; first + width <= n; first += width) {
    for (int lane = 0; lane < width; ++lane) add(first + lane, lane);
  }
  for (int lane = 0; first + lane < n; ++lane) add(first + lane, lane);
  return std::accumulate(sums, sums + width, 0.0) + shift;
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
                  std::span<float> d_x, Parameters& gradients, const Engine& engine) {
  Head head(student, engine), other(teacher, engine);
  return sum_losses(
      head, d_x.empty() ? nullptr : d_x.data(), gradients, engine,
      [&](int first, int n) { other.forth(first, n); },
      [&](int, int t) {
        return token_divergence(head.row(t), other.row(t), head.vocab(), factor, engine.kernels);
      });
}

double cross_entropy(const HeadInputs& model, std::span<const std::int32_t> labels, float factor,
                     std::span<float> d_x, Parameters& gradients, const Engine& engine) {
  Head head(model, engine);
  const auto loss_of = [&](int first, int t) {
    const std::int32_t label = labels[static_cast<std::size_t>(first + t)];
    float* row = head.row(t);
    if (label < 0) {
      std::fill_n(row, head.vocab(), 0.0f);
      return 0.0;
    }
    const double target = row[label];
    float max = 0;
    const double sum = exponentials(row, head.vocab(), engine.kernels, max);
    const float share = factor * static_cast<float>(1 / sum);
    for (int i = 0; i < head.vocab(); ++i) row[i] *= share;
    row[label] -= factor;
    return std::log(sum) + double{max} - target;
  };
  return sum_losses(
      head, d_x.empty() ? nullptr : d_x.data(), gradients, engine, [](int, int) {}, loss_of);
}

std::vector<std::int32_t> draw_labels(const HeadInputs& model, std::uint64_t seed,
                                      const Engine& engine) {
  Head head(model, engine);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(head.tokens()));
  for (int first = 0; first < head.tokens(); first += chunk) {
    const int n = std::min(chunk, head.tokens() - first);
    head.forth(first, n);
    engine.pool.run(n, [&](std::int64_t t, int) {
      const auto token = static_cast<std::size_t>(first + t);
      std::uint64_t state = seed + token;
      float* row = head.row(static_cast<int>(t));
      float max = 0;
      const double sum = exponentials(row, head.vocab(), engine.kernels, max);
      labels[token] = draw(row, head.vocab(), sum, random_share(state));
    });
  }
  return labels;
}

}  // namespace nybble::gradients
