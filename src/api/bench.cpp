#include "nybble/bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

#include "api/load_model.h"
#include "api/opened_model.h"
#include "base/error.h"
#include "base/random.h"
#include "cpu/machine_peak.h"
#include "cpu/run_format.h"
#include "runtime/session.h"

namespace nybble {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What one pass over the weights costs: products for each token, bytes once for all of them.
struct Work {
  double int8_macs = 0, float_macs = 0, bytes = 0;

  void add(const models::SourceTensor& tensor, bool integers) {
    const auto macs = static_cast<double>(tensor.shape.rows() * tensor.shape.cols());
    (integers && cpu::run_format(tensor.format) != nullptr ? int8_macs : float_macs) += macs;
    bytes += static_cast<double>(tensor.row_bytes());
  }
  // Seconds at the peak for so many tokens.
  double compute_seconds(const cpu::MachinePeak& peak, double tokens) const {
    return tokens * (int8_macs / peak.int8_macs + float_macs / peak.float_macs);
  }
};

struct ModelWork {
  Work layers, head;

  ModelWork(const models::ModelSource& source, bool integers) {
    for (const models::SourceTensor& tensor : source.tensors) {
      if (tensor.shape.rank() == 2 && tensor.name.starts_with("blk.")) layers.add(tensor, integers);
    }
    const models::SourceTensor* output = source.find("output.weight");
    head.add(output != nullptr ? *output : *source.find("token_embd.weight"), integers);
  }

  double bytes() const { return layers.bytes + head.bytes; }
  // Steps of n tokens each give the logits of their last one.
  double seconds_at_peak(const cpu::MachinePeak& peak, double n) const {
    const double compute = layers.compute_seconds(peak, n) + head.compute_seconds(peak, 1);
    return std::max(compute, bytes() / peak.read_bytes);
  }
};

struct Test {
  int tokens, step, depth;  // step: tokens that run together
  std::string name;
};

std::vector<Test> tests_of(const BenchRequest& request) {
  std::vector<Test> tests;
  for (const int depth : request.depths) {
    const std::string at = depth == 0 ? "" : fmt::format(" @ d{}", depth);
    for (const int n : request.prompts)
      tests.push_back({n, std::min(n, request.batch), depth, fmt::format("pp{}{}", n, at)});
    for (const int n : request.generations)
      tests.push_back({n, 1, depth, fmt::format("tg{}{}", n, at)});
  }
  std::erase_if(tests, [](const Test& test) { return test.tokens == 0; });
  if (tests.empty()) {
    fail(ErrorKind::invalid_input, "bench: no tests are left; take -p or -n with numbers above 0");
  }
  return tests;
}

// Tokens are drawn: what they say does not change what they cost.
std::vector<std::int32_t> some_tokens(int n, int vocab) {
  std::vector<std::int32_t> tokens;
  std::uint64_t random = 1;
  for (int i = 0; i < n; ++i)
    tokens.push_back(
        static_cast<std::int32_t>(random_below(random, static_cast<std::uint32_t>(vocab))));
  return tokens;
}

double time_once(runtime::Session& session, const Test& test,
                 std::span<const std::int32_t> tokens) {
  session.rewind(test.depth);
  const auto start = Clock::now();
  for (std::size_t first = 0; first < tokens.size();) {
    const std::size_t n = std::min(tokens.size() - first, static_cast<std::size_t>(test.step));
    session.step(tokens.subspan(first, n));
    first += n;
  }
  return seconds_since(start);
}

BenchRow summarize(const Test& test, const std::vector<double>& seconds, const ModelWork& work,
                   const cpu::MachinePeak& peak) {
  BenchRow row{.test = test.name, .tokens = test.tokens};
  std::vector<double> rates;
  for (const double s : seconds) rates.push_back(test.tokens / s);
  const auto n = static_cast<double>(rates.size());
  row.tokens_per_second = std::accumulate(rates.begin(), rates.end(), 0.0) / n;
  double squares = 0;
  for (const double rate : rates) squares += std::pow(rate - row.tokens_per_second, 2);
  row.deviation = n > 1 ? std::sqrt(squares / (n - 1)) : 0;
  row.best = *std::ranges::max_element(rates);
  const double steps_a_second = row.best / test.step;
  row.percent_of_peak = 100 * work.seconds_at_peak(peak, test.step) * steps_a_second;
  row.weight_bytes_per_second = work.bytes() * steps_a_second;
  return row;
}

// The format that most bytes of the linears have.
std::string main_type(const models::ModelSource& source) {
  std::map<std::string_view, std::size_t> bytes;
  for (const models::SourceTensor& tensor : source.tensors)
    bytes[formats::info(tensor.format).name] += tensor.row_bytes();
  return std::string(
      std::ranges::max_element(bytes, {}, [](const auto& e) { return e.second; })->first);
}

void check(const BenchRequest& request, int context) {
  for (const int n : request.depths) {
    for (const auto* tests : {&request.prompts, &request.generations}) {
      for (const int tokens : *tests) {
        if (tokens >= 0 && n >= 0 && n + tokens <= context) continue;
        fail(ErrorKind::invalid_input,
             "bench: a test of {} tokens after {} does not fit the model's context of {}; take "
             "smaller -p, -n or -d",
             tokens, n, context);
      }
    }
  }
}

}  // namespace

BenchReport bench_model(const BenchRequest& request, const ProgressCallback& progress) {
  const OpenedModel model = open_for_reading(request.model);
  check(request, model.source.config.context);
  const std::vector<Test> tests = tests_of(request);
  int longest = 1;
  for (const Test& test : tests) longest = std::max(longest, test.depth + test.tokens);
  ThreadPool pool(request.threads);
  const cpu::MachinePeak peak = cpu::measure_peak(pool);
  const auto start = Clock::now();
  const auto loaded = load_model(model.source, request.compute, request.threads,
                                 request.cache_types, request.repack);
  BenchReport report{.model = request.model.string(),
                     .type = main_type(model.source),
                     .device = loaded->device(),
                     .file_bytes = model.checkpoint->file_bytes,
                     .parameters = count_parameters(model.source),
                     .load_seconds = seconds_since(start),
                     .peak_int8_macs = peak.int8_macs,
                     .peak_float_macs = peak.float_macs,
                     .peak_read_bytes = peak.read_bytes,
                     .rows = {}};
  const bool integers = request.compute == Compute::run || request.compute == Compute::int8;
  const ModelWork work(model.source, integers);
  runtime::Session session(loaded, longest, request.batch);
  const std::vector<std::int32_t> tokens = some_tokens(longest, model.source.config.vocab);
  Progress at{.step = "bench", .done = 0, .total = tests.size(), .unit = "tests", .detail = {}};
  for (const Test& test : tests) {
    session.rewind(0);
    if (test.depth > 0) session.step(std::span(tokens).first(static_cast<std::size_t>(test.depth)));
    const auto timed = std::span(tokens).subspan(static_cast<std::size_t>(test.depth),
                                                 static_cast<std::size_t>(test.tokens));
    time_once(session, test, timed.first(static_cast<std::size_t>(std::min(test.tokens, 16))));
    std::vector<double> seconds;
    for (int i = 0; i < request.repetitions; ++i)
      seconds.push_back(time_once(session, test, timed));
    report.rows.push_back(summarize(test, seconds, work, peak));
    ++at.done;
    if (progress) progress(at);
  }
  return report;
}

}  // namespace nybble
