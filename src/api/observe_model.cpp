// Texts through a model layer by layer, and what its linears see to a file.
#include <algorithm>

#include "api/calibration.h"
#include "api/calibration_windows.h"
#include "api/guided_statistics.h"
#include "base/error.h"
#include "calibrate/collector.h"
#include "calibrate/statistics_writer.h"
#include "models/int8_linears.h"
#include "runtime/block_walk.h"

namespace nybble {
namespace {

std::vector<calibrate::InputEntry> all_inputs(const models::DecoderConfig& config, bool moments) {
  std::vector<calibrate::InputEntry> all;
  for (int layer = 0; layer < config.layers; ++layer) {
    for (const auto& input : calibrate::layer_inputs(config, layer)) all.push_back(input);
  }
  all.push_back(calibrate::head_input(config));
  for (calibrate::InputEntry& input : all) input.has_moments = moments;
  return all;
}

// Second moments of one layer's inputs, of both halves, and what making one of them takes.
std::size_t moment_bytes(const models::DecoderConfig& config) {
  std::size_t bytes = 0, largest = 0;
  for (const auto& input : calibrate::layer_inputs(config, 0)) {
    const auto cols = static_cast<std::size_t>(input.cols + 31) / 32 * 32;
    bytes += 2 * sizeof(float) * cols * cols;
    largest = std::max(largest, sizeof(float) * cols * cols);
  }
  return bytes + largest;
}

// All windows through one layer after the other, the statistics of each to a file.
class Observation {
 public:
  Observation(const OpenedModel& model, const CalibrateSettings& settings,
              const CalibrationWindows& windows, const std::filesystem::path& scratch_folder,
              const ProgressCallback& progress)
      : config_(model.source.config),
        samples_(windows.samples),
        progress_(progress),
        source_(models::with_q8_0_weights(model.source, "blk.")),
        walk_(source_, tokens_of(windows.samples),
              {.threads = settings.threads,
               .activations = Activations::int8_blocks,
               .max_bytes = static_cast<std::size_t>(settings.memory_bytes),
               .reserved_bytes = moment_bytes(config_),
               .scratch_folder = scratch_folder}),
        collector_(config_, walk_.backend()) {
    report_.total = samples_.size() * static_cast<std::size_t>(config_.layers);
  }

  template <class TakeInput>
  void run(const TakeInput& take) {
    for (int layer = 0; layer < config_.layers; ++layer) {
      report_.step = fmt::format("calibrate layer {} of {}", layer + 1, config_.layers);
      walk_.load(layer);
      for_windows(layer, [&](std::size_t window, const backend::Tap& tap) {
        if (progress_) progress_(report_);
        walk_.run(window, tap);
        ++report_.done;
      });
      hand_over(take);
    }
    for_windows(config_.layers - 1, [&](std::size_t window, const backend::Tap& tap) {
      walk_.observe_head(window, tap);
    });
    hand_over(take);
    if (progress_) progress_(report_);
  }

 private:
  static std::vector<std::span<const std::int32_t>> tokens_of(
      std::span<const calibrate::Sample> samples) {
    std::vector<std::span<const std::int32_t>> tokens;
    for (const calibrate::Sample& sample : samples) tokens.emplace_back(sample.tokens);
    return tokens;
  }

  template <class Action>
  void for_windows(int layer, const Action& action) {
    const backend::Tap tap = [&](backend::TapPoint point, const float* x, int tokens,
                                 std::int64_t cols) {
      collector_.add(layer, point, x, tokens, cols);
    };
    for (std::size_t window = 0; window < samples_.size(); ++window) {
      collector_.begin_sample(samples_[window].half, samples_[window].weight);
      action(window, tap);
    }
  }

  template <class TakeInput>
  void hand_over(const TakeInput& take) {
    calibrate::Statistics seen = collector_.finish();
    for (calibrate::InputStatistics& input : seen.inputs) take(input);
  }

  const models::DecoderConfig& config_;
  std::span<const calibrate::Sample> samples_;
  const ProgressCallback& progress_;
  Progress report_{.step = "", .done = 0, .total = 0, .unit = "windows", .detail = {}};
  // In 8 bits the inputs are nearly the same, in half the time.
  const models::ModelSource source_;
  runtime::BlockWalk walk_;
  calibrate::Collector collector_;
};

}  // namespace

calibrate::Provenance observe_model(
    const OpenedModel& model, const CalibrateSettings& settings, const StatisticsTarget& target,
    const std::function<void(const calibrate::InputStatistics&)>& on_input,
    const ProgressCallback& progress) {
  const CalibrationWindows windows = cut_windows(model, settings, progress);
  calibrate::StatisticsWriter writer(target.path, target.replace, windows.provenance,
                                     all_inputs(model.source.config, target.moments));
  std::vector<calibrate::InputStatistics> guided;
  if (settings.fisher) guided = guided_statistics(model, windows.samples, settings, progress);
  Observation observation(model, settings, windows, target.path.parent_path(), progress);
  observation.run([&](calibrate::InputStatistics& input) {
    const auto same = [&](const auto& other) { return other.weights == input.weights; };
    if (const auto found = std::ranges::find_if(guided, same); found != guided.end())
      mix_in(input, *found);
    writer.add(input);
    on_input(input);
  });
  writer.finish();
  return windows.provenance;
}

}  // namespace nybble
