#include "api/calibration.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"

namespace nybble {

bool is_statistics_file(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".dat" || extension == ".imatrix") return true;
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof(magic));
  return std::string_view(magic, sizeof(magic)) == "GGUF";
}

CalibrationInputs calibration_inputs(const std::vector<std::filesystem::path>& given) {
  CalibrationInputs inputs;
  for (const auto& path : given) {
    if (!is_statistics_file(path)) {
      inputs.texts.push_back(path);
    } else if (inputs.statistics.empty()) {
      inputs.statistics = path;
    } else {
      fail(ErrorKind::invalid_input,
           "{} and {} both hold statistics; expected one such file, and texts",
           inputs.statistics.string(), path.string());
    }
  }
  return inputs;
}

CalibrateReport calibrate_model(const CalibrateRequest& request, const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  const OpenedModel model = open_for_reading(request.model);
  refuse_overwriting(model, request.output);
  if (!request.force) refuse_existing(request.output);
  CalibrateReport report;
  const auto on_input = [&](const calibrate::InputStatistics& input) {
    const auto dead = std::ranges::count(input.absmax, 0.0f);
    report.inputs.push_back({input.weights, input.cols, input.tokens(), static_cast<int>(dead)});
  };
  CalibrateSettings settings = request.settings;
  if (settings.fisher && !request.moments) {
    fail(ErrorKind::invalid_input,
         "the Fisher information weights second moments; expected no --diagonal beside --fisher");
  }
  if (!request.moments) settings.written_windows = settings.written_windows.value_or(0);
  const calibrate::Provenance seen = observe_model(
      model, settings, {request.output, request.moments, request.force}, on_input, progress);
  report.windows = seen.windows;
  report.tokens = std::int64_t{seen.windows} * seen.context;
  report.file_bytes = std::filesystem::file_size(request.output);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace nybble
