// Products of a training step, of floats and of bfloat16: bench_gradients [THREADS].
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <limits>

#include "gradients/products.h"

namespace nybble::gradients {
namespace {

struct Size {
  int tokens, cols, rows;
};

double best_seconds(const auto& action) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 10; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    action();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

void measure(const Size& size, const Engine& engine) {
  const auto count = [](int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
  };
  std::vector<float> x(count(size.tokens, size.cols), 0.5f), y(count(size.tokens, size.rows));
  Matrix weight(size.rows, size.cols), gradient(size.rows, size.cols);
  std::fill(weight.values.begin(), weight.values.end(), 0.01f);
  const Rows in{x.data(), size.tokens, size.cols}, out{y.data(), size.tokens, size.rows};
  const double products = 1e-9 * size.tokens * size.cols * size.rows;
  const double forth = best_seconds([&] { multiply(in, weight, y.data(), engine); });
  const double outer = best_seconds([&] { add_outer(out, in, 1, gradient, engine); });
  const double back = best_seconds([&] { multiply_back(out, weight, 1, x.data(), engine); });
  fmt::print("{:>10}  {} x {} x {}: {:.0f} G products/s forth, {:.0f} back, {:.0f} outer\n",
             engine.bf16 == nullptr ? "floats" : engine.bf16->name, size.tokens, size.cols,
             size.rows, products / forth, products / back, products / outer);
}

}  // namespace
}  // namespace nybble::gradients

int main(int argc, char** argv) {
  using namespace nybble::gradients;
  nybble::ThreadPool pool(argc > 1 ? std::atoi(argv[1]) : 0);
  for (const Size& size : {Size{2048, 576, 1536}, Size{2048, 1536, 576}, Size{256, 576, 49152}}) {
    for (const Precision precision : {Precision::floats, Precision::bf16})
      measure(size, Engine(pool, precision));
  }
}
