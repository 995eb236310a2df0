#include "api/tuning_lessons.h"

#include <algorithm>
#include <cmath>

#include "api/calibration.h"
#include "api/calibration_windows.h"

namespace nybble {
namespace {

// Windows that say when to stop: so many of the calibration text and of what the model wrote.
constexpr std::size_t held_out_windows = 12;

// How many windows there shall be of each kind, repeats counted. On 300 k tokens two thirds written
// left 0.503 / 0.462 of llama-quantize's divergence in Q3_K_M, a half 0.516 / 0.488 (smollm2-80m,
// WikiText-2 / a novel; the prototype of decision 0016).
struct Wanted {
  int texts = 0, written = 0;
};
Wanted wanted_windows(const QuantizeRequest& request) {
  const auto context = static_cast<std::uint64_t>(request.calibration_context);
  const auto n = static_cast<double>(
      std::min<std::uint64_t>(request.tuning.tokens / context, std::uint64_t{1} << 20));
  const int written = static_cast<int>(std::lround(n * request.tuning.written_share));
  return {static_cast<int>(n) - written, written};
}

CalibrateSettings window_settings(const QuantizeRequest& request, const Wanted& wanted) {
  const auto context = static_cast<std::uint64_t>(request.calibration_context);
  const int most = static_cast<int>(
      std::min<std::uint64_t>(request.tuning.max_written_tokens / context, 1 << 14));
  return {.texts = calibration_inputs(request.calibration).texts,
          .context = request.calibration_context,
          .max_windows = std::min(wanted.texts, 1 << 14) + 4 * static_cast<int>(held_out_windows),
          .written_windows = request.written_windows.value_or(std::min(wanted.written, most)),
          .seed = request.seed,
          .threads = request.threads,
          .memory_bytes = request.memory_bytes};
}

bool is_text(const calibrate::Sample& sample) {
  return sample.weight == 1;
}

// The second half of the documents gives the held-out ones.
std::vector<const calibrate::Sample*> choose_held(const CalibrationWindows& windows) {
  std::vector<const calibrate::Sample*> texts, written, held;
  for (const calibrate::Sample& sample : windows.samples)
    if (sample.half == 1) (is_text(sample) ? texts : written).push_back(&sample);
  for (const auto& list : {texts, written}) {
    const std::size_t n = std::min(held_out_windows, list.size() / 4);
    for (std::size_t i = 0; i < n; ++i) held.push_back(list[i * list.size() / n]);
  }
  return held;
}

// So often that there are about as many as wanted.
int repeats(int wanted, std::ptrdiff_t there) {
  if (there == 0) return 1;
  return std::max(1, static_cast<int>(std::lround(double(wanted) / static_cast<double>(there))));
}

}  // namespace

train::LessonSets tuning_lessons(const OpenedModel& model, const QuantizeRequest& request,
                                 const ProgressCallback& progress) {
  const Wanted wanted = wanted_windows(request);
  const CalibrationWindows windows = cut_windows(model, window_settings(request, wanted), progress);
  const auto held = choose_held(windows);
  const auto n_texts = std::ranges::count_if(windows.samples, is_text);
  const auto n_written = std::ssize(windows.samples) - n_texts;
  // Few tokens need no share: what is there is learned from once.
  const int text_repeats = repeats(wanted.texts, n_texts);
  const int written_repeats = repeats(wanted.written, n_written);
  train::LessonSets lessons;
  for (const calibrate::Sample& sample : windows.samples) {
    if (std::ranges::find(held, &sample) != held.end()) {
      lessons.held_out.push_back({sample.tokens, {}});
      continue;
    }
    const int n = is_text(sample) ? text_repeats : written_repeats;
    for (int i = 0; i < n; ++i) lessons.learned.push_back({sample.tokens, {}});
  }
  return lessons;
}

}  // namespace nybble
