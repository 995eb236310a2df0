#include "api/calibration.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "calibrate/collector.h"
#include "calibrate/samples.h"
#include "calibrate/statistics_writer.h"
#include "runtime/session.h"

namespace nybble {
namespace {

struct Texts {
  std::vector<std::string> names, contents;
};

Texts read_texts(const CalibrateSettings& settings) {
  if (settings.texts.empty()) return {{"nybble"}, {std::string(default_calibration_text())}};
  Texts texts;
  for (const auto& path : settings.texts) {
    texts.names.push_back(path.filename().string());
    texts.contents.push_back(read_text_file(path));
  }
  return texts;
}

void check_halves(std::span<const calibrate::Sample> samples, int context) {
  for (const int half : {0, 1}) {
    if (std::ranges::find(samples, half, &calibrate::Sample::half) != samples.end()) continue;
    fail(ErrorKind::invalid_input,
         "calibration: the texts have {} windows of {} tokens, expected at least one in each half "
         "of the documents; give more text or a smaller -c",
         samples.size(), context);
  }
}

}  // namespace

calibrate::Statistics observe_model(const OpenedModel& model, const CalibrateSettings& settings,
                                    const ProgressCallback& progress) {
  const Texts texts = read_texts(settings);
  const int context = std::min(settings.context, model.source.config.context);
  const auto samples = calibrate::make_samples(
      texts.contents, *model.tokenizer,
      {.context = context, .max_windows = settings.max_windows, .seed = settings.seed});
  check_halves(samples, context);

  const auto loaded = std::make_shared<const runtime::LoadedModel>(
      model.source, runtime::LoadOptions{.threads = settings.threads});
  runtime::Session session(loaded, context);
  ThreadPool pool(settings.threads);
  calibrate::Collector collector(model.source.config, pool);
  Progress report{.step = "calibrate", .done = 0, .total = 0, .unit = "tokens", .detail = {}};
  report.total = samples.size() * static_cast<std::size_t>(context);
  for (const calibrate::Sample& sample : samples) {
    if (progress) progress(report);
    collector.begin_sample(sample.half);
    session.rewind(0);
    session.observe(sample.tokens,
                    [&](int layer, backend::TapPoint point, const float* x, int tokens,
                        std::int64_t cols) { collector.add(layer, point, x, tokens, cols); });
    report.done += sample.tokens.size();
  }
  if (progress) progress(report);
  calibrate::Statistics statistics = collector.finish();
  statistics.texts = texts.names;
  statistics.windows = static_cast<int>(samples.size());
  statistics.context = context;
  return statistics;
}

bool is_statistics_file(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".dat" || extension == ".imatrix") return true;
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof(magic));
  return std::string_view(magic, sizeof(magic)) == "GGUF";
}

CalibrateReport calibrate_model(const CalibrateRequest& request, const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  const OpenedModel model = open_for_reading(request.model);
  refuse_overwriting(model, request.output);
  if (!request.force) refuse_existing(request.output);
  const auto statistics = observe_model(model, request.settings, progress);
  calibrate::write_statistics(statistics, request.output, request.moments, request.force);

  CalibrateReport report;
  report.windows = statistics.windows;
  report.tokens = std::int64_t{statistics.windows} * statistics.context;
  for (const calibrate::InputStatistics& input : statistics.inputs) {
    const auto dead = std::ranges::count(input.absmax, 0.0f);
    report.inputs.push_back({input.weights, input.cols, input.tokens(), static_cast<int>(dead)});
  }
  report.file_bytes = std::filesystem::file_size(request.output);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace nybble
