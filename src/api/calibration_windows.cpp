#include "api/calibration_windows.h"

#include <algorithm>

#include "api/calibration_texts.h"
#include "base/error.h"
#include "base/random.h"
#include "calibrate/openings.h"
#include "runtime/sample_windows.h"

namespace nybble {
namespace {

// Tokens that the model writes count more than those of the texts. smollm2-80m in Q4_K_M, 98 k of
// them beside 150 k of wiki, web, code and more: 0.0227 nats on WikiText-2 and 0.0207 on a novel
// (16 windows) with 2, 0.0246 and 0.0215 with 1; 0.0229 and 0.0235 without them.
constexpr float written_weight = 2;

void check_halves(const CalibrationWindows& windows) {
  for (const int half : {0, 1}) {
    if (std::ranges::find(windows.samples, half, &calibrate::Sample::half) != windows.samples.end())
      continue;
    fail(ErrorKind::invalid_input,
         "calibration: the texts have {} windows of {} tokens, expected at least one in each half "
         "of the documents; give more text or a smaller -c",
         windows.samples.size(), windows.provenance.context);
  }
}

using Tokens = std::vector<std::int32_t>;

// Tokens of text.
Tokens single_openings(const OpenedModel& model) {
  Tokens openings;
  for (std::int32_t token = 0; token < model.source.config.vocab; ++token) {
    if (!model.tokenizer->is_special(token) && !model.tokenizer->decode({{token}}).empty())
      openings.push_back(token);
  }
  return openings;
}

std::vector<Tokens> text_openings(const OpenedModel& model) {
  std::vector<Tokens> openings;
  for (const std::string_view text : calibrate::openings)
    openings.push_back(model.tokenizer->encode(text, {.add_special = false}));
  return openings;
}

constexpr int max_written = 144;
// A token costs less the fewer stand before it, and more openings are of more kinds.
constexpr int texts_a_window = 2;

// Appends windows that the model writes, one to each half in turn.
void write_windows(const OpenedModel& model, const CalibrateSettings& settings, int n,
                   const ProgressCallback& progress, CalibrationWindows& windows) {
  const int context = windows.provenance.context / texts_a_window;
  const Tokens singles = single_openings(model);
  const std::vector<Tokens> texts = text_openings(model);
  const auto open = [&](std::uint64_t& random) {
    const bool is_text = random_below(random, 2) == 0;
    const std::size_t choices = is_text ? texts.size() : singles.size();
    const std::uint32_t which = random_below(random, static_cast<std::uint32_t>(choices));
    return is_text ? texts[which] : Tokens{singles[which]};
  };
  const runtime::SampleWindowsOptions options{
      .windows = n * texts_a_window,
      .context = context,
      .seed = settings.seed,
      .start = model.tokenizer->adds_bos() ? model.tokenizer->bos() : std::nullopt,
      .open = open,
      .threads = settings.threads,
      .max_bytes = static_cast<std::size_t>(settings.memory_bytes)};
  Progress report{.step = "write text",
                  .done = 0,
                  .total = static_cast<std::uint64_t>(options.windows) *
                           static_cast<std::uint64_t>(context - 1),
                  .unit = "tokens",
                  .detail = {}};
  auto written = runtime::sample_windows(model.source, options, [&](std::int64_t done) {
    report.done = static_cast<std::uint64_t>(done);
    if (progress) progress(report);
  });
  int half = 0;
  for (std::size_t text = 0; text < written.size(); text += texts_a_window, half = 1 - half) {
    Tokens window;
    for (std::size_t i = 0; i < texts_a_window; ++i)
      window.insert(window.end(), written[text + i].begin(), written[text + i].end());
    windows.samples.push_back({std::move(window), half, written_weight});
  }
  windows.provenance.windows += n;
  windows.provenance.texts.push_back(fmt::format("the model itself ({} windows)", n));
}

}  // namespace

CalibrationWindows cut_windows(const OpenedModel& model, const CalibrateSettings& settings,
                               const ProgressCallback& progress) {
  const CalibrationTexts texts = read_calibration_texts(settings.texts, model);
  CalibrationWindows windows;
  windows.provenance = {texts.names, 0, std::min(settings.context, model.source.config.context)};
  windows.samples = calibrate::make_samples(texts.contents, *model.tokenizer,
                                            {.context = windows.provenance.context,
                                             .max_windows = settings.max_windows,
                                             .seed = settings.seed});
  windows.provenance.windows = static_cast<int>(windows.samples.size());
  check_halves(windows);
  const int n =
      settings.written_windows.value_or(std::min(max_written, windows.provenance.windows * 2 / 3));
  if (n == 0) return windows;
  try {
    write_windows(model, settings, n, progress, windows);
  } catch (const Error& error) {
    if (settings.written_windows || error.kind() != ErrorKind::out_of_memory) throw;
  }
  return windows;
}

}  // namespace nybble
