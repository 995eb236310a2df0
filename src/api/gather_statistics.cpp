#include "api/gather_statistics.h"

#include <unistd.h>

#include <algorithm>

#include "api/calibration.h"
#include "base/error.h"

namespace nybble {
namespace {

using calibrate::InputEntry;
using quantize::Needs;

calibrate::StatisticsFile read_given(const OpenedModel& model, const std::filesystem::path& path,
                                     const quantize::Method& method) {
  calibrate::StatisticsFile file(path);
  const auto is_of_model = [&](const InputEntry& input) {
    return std::ranges::any_of(
        input.weights, [&](const auto& name) { return model.source.find(name) != nullptr; });
  };
  if (std::ranges::none_of(file.inputs(), is_of_model)) {
    fail(ErrorKind::invalid_input,
         "{} knows none of the model's tensors; expected statistics of this model", path.string());
  }
  if (method.needs == Needs::moments &&
      std::ranges::none_of(file.inputs(), &InputEntry::has_moments)) {
    fail(ErrorKind::invalid_input,
         "{} holds no second moments, which the method {} needs; expected a file of `nybble "
         "calibrate`, or texts (with this file --method imatrix works)",
         path.string(), method.name);
  }
  return file;
}

void gather(const OpenedModel& model, const QuantizeRequest& request,
            const quantize::Method& method, const std::filesystem::path& path,
            const ProgressCallback& progress) {
  CalibrateSettings settings{.texts = request.calibration,
                             .context = request.calibration_context,
                             .written_windows = request.written_windows,
                             .seed = request.seed,
                             .threads = request.threads,
                             .memory_bytes = request.memory_bytes};
  if (method.needs != Needs::moments)
    settings.written_windows = request.written_windows.value_or(0);
  observe_model(
      model, settings, {.path = path, .moments = true, .replace = true}, [](auto&) {}, progress);
}

bool has_other_use_for_texts(const QuantizeRequest& request, const quantize::Method& method) {
  return method.tunes || request.target_bytes > 0 || request.target_bpw > 0;
}

void refuse_texts_beside(const std::filesystem::path& statistics, bool texts, bool written) {
  if (!texts && !written) return;
  fail(ErrorKind::invalid_input, "{} holds statistics, to which no {} can be added; expected texts",
       statistics.string(), texts ? "texts" : "windows");
}

}  // namespace

std::optional<calibrate::StatisticsFile> gather_statistics(const OpenedModel& model,
                                                           const QuantizeRequest& request,
                                                           const quantize::Method& method,
                                                           const std::filesystem::path& kept,
                                                           const ProgressCallback& progress) {
  if (method.needs == Needs::nothing) return std::nullopt;
  const auto [statistics, texts] = calibration_inputs(request.calibration);
  if (!statistics.empty()) {
    if (!has_other_use_for_texts(request, method)) {
      refuse_texts_beside(statistics, !texts.empty(), request.written_windows.value_or(0) > 0);
    }
    return read_given(model, statistics, method);
  }
  if (!kept.empty()) {
    if (!std::filesystem::exists(kept)) gather(model, request, method, kept, progress);
    return calibrate::StatisticsFile(kept);
  }
  const std::filesystem::path temporary =
      request.output.parent_path() / fmt::format(".{}.partial-{}.statistics",
                                                 request.output.filename().string().substr(0, 200),
                                                 ::getpid());
  gather(model, request, method, temporary, progress);
  calibrate::StatisticsFile file(temporary);
  std::filesystem::remove(temporary);  // the mapping keeps it until it is closed
  return file;
}

}  // namespace nybble
