#include "api/guided_statistics.h"

#include <cmath>

#include "api/training_memory.h"
#include "base/freed_memory.h"
#include "calibrate/collector.h"
#include "cpu/cpu_backend.h"
#include "gradients/decoder_pass.h"
#include "gradients/head_loss.h"

namespace nybble {
namespace {

// The weights differ from token to token much more than their means do from text to text.
constexpr std::size_t most_windows = 96;

void check_memory(const OpenedModel& model, const CalibrateSettings& settings) {
  const models::DecoderConfig& config = model.source.config;
  std::uint64_t moments = 0;
  for (int layer = 0; layer < config.layers; ++layer) {
    for (const auto& input : calibrate::layer_inputs(config, layer)) {
      const auto cols = static_cast<std::uint64_t>(input.cols);
      moments += 2 * sizeof(float) * cols * cols;
    }
  }
  check_training_memory(sizeof(float) * count_parameters(model.source) + moments,
                        settings.memory_bytes, "the Fisher information of this model",
                        ", or leave out --fisher");
}

// Each token times the root of its weight, so that x x^T has the weight.
std::vector<float> weighted(const gradients::Rows& x, std::initializer_list<gradients::Rows> dy,
                            ThreadPool& pool) {
  const auto cols = static_cast<std::size_t>(x.cols);
  std::vector<float> out(static_cast<std::size_t>(x.tokens) * cols);
  pool.run(x.tokens, [&](std::int64_t token, int) {
    const auto t = static_cast<std::size_t>(token);
    double squares = 0;
    for (const gradients::Rows& each : dy) {
      const float* row = each.values + t * static_cast<std::size_t>(each.cols);
      for (int i = 0; i < each.cols; ++i) squares += double{row[i]} * double{row[i]};
    }
    const float factor = static_cast<float>(std::sqrt(squares));
    for (std::size_t i = t * cols; i < (t + 1) * cols; ++i) out[i] = factor * x.values[i];
  });
  return out;
}

}  // namespace

std::vector<calibrate::InputStatistics> guided_statistics(
    const OpenedModel& model, std::span<const calibrate::Sample> samples,
    const CalibrateSettings& settings, const ProgressCallback& progress) {
  check_memory(model, settings);
  ThreadPool pool(settings.threads);
  const auto parameters = gradients::load_parameters(model.source, pool);
  auto nothing = gradients::zero_gradients(parameters, [](auto&) { return false; });
  const KeepFreedMemory keep_freed_memory;
  gradients::DecoderPass pass(parameters, settings.context, pool, gradients::Precision::bf16);
  pass.keep_traces(layers_to_keep(parameters.config, static_cast<std::size_t>(settings.context),
                                  settings.memory_bytes));
  cpu::CpuBackend backend({.threads = settings.threads});
  calibrate::Collector collector(model.source.config, backend);
  pass.observe([&](int layer, backend::TapPoint point, const gradients::Rows& x, auto dy) {
    collector.add(layer, point, weighted(x, dy, pool).data(), x.tokens, x.cols);
  });
  const std::size_t n = std::min(samples.size(), most_windows);
  Progress report{
      .step = "Fisher information", .done = 0, .total = n, .unit = "windows", .detail = {}};
  for (; report.done < n; ++report.done) {
    if (progress) progress(report);
    const calibrate::Sample& sample = samples[report.done * samples.size() / n];
    collector.begin_sample(sample.half, sample.weight);
    const auto x = pass.forth(sample.tokens);
    const auto labels = gradients::draw_labels(
        {parameters, x}, settings.seed + report.done * sample.tokens.size(), pass.engine());
    std::vector<float> d_x(x.size());
    gradients::cross_entropy({parameters, x}, labels, 1, d_x, nothing, pass.engine());
    pass.back(d_x, nothing);
  }
  if (progress) progress(report);
  return collector.finish().inputs;
}

}  // namespace nybble
