// How fast linears of every format run, as CSV: a prompt of 512 tokens, small batches and one token
// with weights that no cache holds, and bringing a weight into its run layout.
//
//   build/release/bench_kernels [FORMAT...]      all formats when none is named
//   build/release/bench_kernels --list           their names
//
// Each number is of the best of several runs. Shares are of what the machine did at most in the
// seconds before: products of bytes or floats for prompts, bytes read for one token, whichever
// binds for batches. Rounding the activations is part of the work. Bytes are those of the file's
// format.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cpu/cpu_backend.h"
#include "cpu/machine_peak.h"
#include "cpu/run_format.h"
#include "formats/registry.h"
#include "tensor/tensor.h"

namespace nybble {
namespace {

constexpr std::int64_t cols = 4096, prompt_rows = 4096, prompt_tokens = 512;
// Of a weight that no cache holds.
constexpr std::size_t stored_bytes = std::size_t{192} << 20;
constexpr double seconds_each = 1.0;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rows of a format, the same few again and again. Bytes below 0x40 make no infinite scale.
class Rows {
 public:
  explicit Rows(FormatId format) : size_(row_bytes(format, cols)), bytes_(size_ * some) {
    std::mt19937 random(1);
    for (std::byte& byte : bytes_) byte = static_cast<std::byte>(random() & 0x3f);
  }
  backend::WeightSource source(FormatId format, std::int64_t rows) const {
    return {.name = "a weight",
            .format = format,
            .rows = rows,
            .cols = cols,
            .row = [this](std::int64_t r) {
              return std::span(bytes_).subspan(static_cast<std::size_t>(r) % some * size_, size_);
            }};
  }

 private:
  static constexpr std::size_t some = 61;
  std::size_t size_;
  std::vector<std::byte> bytes_;
};

std::vector<float> some_floats(std::size_t n) {
  std::mt19937 random(2);
  std::vector<float> x(n);
  for (float& value : x) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
  return x;
}

class Bench {
 public:
  explicit Bench(FormatId format) : format_(format), rows_(format) {}

  void run() {
    peak_ = cpu::measure_peak(pool_);
    const auto large_rows =
        static_cast<std::int64_t>(stored_bytes / row_bytes(format_, cols)) / 64 * 64;
    {
      const auto weight = backend_.upload(rows_.source(format_, prompt_rows));
      multiply("prompt", *weight, prompt_tokens);
    }
    const auto start = Clock::now();
    const auto weight = backend_.upload(rows_.source(format_, large_rows));
    const double bytes = file_bytes(*weight), rate = bytes / seconds_since(start);
    report("load", 0, 0, rate / peak_.read_bytes, rate);
    for (const int tokens : {16, 8, 4, 2}) multiply("batch", *weight, tokens);
    multiply("decode", *weight, 1);
  }

 private:
  double file_bytes(const backend::Weight& weight) const {
    return static_cast<double>(row_bytes(format_, cols)) * static_cast<double>(weight.rows());
  }

  void multiply(const char* what, const backend::Weight& weight, int tokens) {
    const std::vector<float> x = some_floats(static_cast<std::size_t>(tokens * cols));
    std::vector<float> residual(static_cast<std::size_t>(tokens * weight.rows()));
    const backend::ProjectAddStep step{.tokens = tokens,
                                       .x = x.data(),
                                       .linear = {.weight = &weight},
                                       .residual = residual.data()};
    double best = 1e9;
    for (const auto start = Clock::now(); seconds_since(start) < seconds_each;) {
      const auto began = Clock::now();
      backend_.project_add(step);
      best = std::min(best, seconds_since(began));
    }
    const double macs = static_cast<double>(tokens * weight.rows() * cols),
                 bytes = file_bytes(weight);
    const bool integers = cpu::run_format(format_) != nullptr;
    const double compute = macs / (integers ? peak_.int8_macs : peak_.float_macs);
    const double memory = weight.rows() > prompt_rows ? bytes / peak_.read_bytes : 0;
    report(what, tokens, macs / best, std::max(compute, memory) / best, bytes / best);
  }

  void report(const char* what, int tokens, double macs, double share, double bytes) const {
    fmt::print("{},{},{},{:.1f},{:.2f},{:.0f}\n", formats::info(format_).name, what, tokens,
               macs * 1e-9, bytes * 1e-9, 100 * share);
    std::fflush(stdout);
  }

  FormatId format_;
  Rows rows_;
  ThreadPool pool_;
  cpu::CpuBackend backend_{
      {.expand_bytes = std::size_t{1} << 40, .isa = "", .activations = Activations::int8_blocks}};
  cpu::MachinePeak peak_;
};

}  // namespace
}  // namespace nybble

int main(int n, char** arguments) {
  using namespace nybble;
  const bool lists = n == 2 && std::string_view(arguments[1]) == "--list";
  if (!lists) fmt::print("format,operation,tokens,GMAC/s,GB/s,percent_of_peak\n");
  for (const formats::FormatInfo& format : formats::all()) {
    const bool runs = cpu::run_format(format.id) != nullptr || format.block_len > 1 ||
                      format.name == "F32" || format.name == "F16" || format.name == "BF16";
    const auto named = [&](const char* name) { return formats::find_by_name(name) == format.id; };
    if (!runs || cols % format.block_len != 0) continue;
    if (lists) {
      fmt::print("{}\n", format.name);
    } else if (n == 1 || std::any_of(arguments + 1, arguments + n, named)) {
      Bench(format.id).run();
    }
  }
}
