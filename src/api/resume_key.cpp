#include "api/resume_key.h"

#include "api/calibration.h"
#include "api/sha256.h"
#include "base/json.h"
#include "nybble/version.h"

namespace nybble {
namespace {

std::string digest_of(std::string_view text) {
  api::Sha256 sha;
  sha.add(std::as_bytes(std::span(text)));
  return sha.finish();
}

// Reading a model of many gigabytes for its digest would take longer than what it saves.
Json describe_file(const std::filesystem::path& path) {
  return {std::filesystem::weakly_canonical(path).string(), std::filesystem::file_size(path),
          std::filesystem::last_write_time(path).time_since_epoch().count()};
}

Json describe_model(const OpenedModel& model) {
  Json json = Json::array();
  for (const auto& file : weight_files(*model.checkpoint)) json.push_back(describe_file(file));
  for (const auto& file : adapter_files(model)) json.push_back(describe_file(file));
  for (const auto& [name, text] : model.checkpoint->texts) json.push_back({name, digest_of(text)});
  return json;
}

Json describe_calibration(const QuantizeRequest& request, const quantize::Method& method) {
  if (method.needs == quantize::Needs::nothing) return nullptr;
  Json files = Json::array();
  for (const auto& path : request.calibration) {
    files.push_back(is_statistics_file(path) ? describe_file(path)
                                             : Json(api::sha256_of_file(path)));
  }
  if (files.empty()) files.push_back(digest_of(default_calibration_text()));
  return {files, request.calibration_context, request.written_windows.value_or(-1), request.seed};
}

Json describe_tuning(const QuantizeRequest& request, const quantize::Method& method) {
  if (!method.tunes) return nullptr;
  const TuningSettings& tuning = request.tuning;
  return {tuning.tokens,        tuning.batch,        tuning.code_rate,
          tuning.written_share, tuning.moment_bits,  tuning.max_written_tokens,
          tuning.gpu,           tuning.hidden_weight};
}

}  // namespace

std::string resume_key(const OpenedModel& model, const QuantizeRequest& request,
                       const quantize::Method& method, const QuantizePlan& plan) {
  Json tensors = Json::array();
  for (const PlannedTensor& tensor : plan.tensors)
    tensors.push_back({tensor.name, tensor.shape, tensor.from, tensor.to});
  const Json all = {version(),
                    describe_model(model),
                    method.name,
                    describe_calibration(request, method),
                    describe_tuning(request, method),
                    request.allow_nan,
                    request.assumed,
                    plan.recipe,  // layouts of one format may share scales differently
                    tensors,
                    request.target_bytes,
                    request.target_bpw,
                    request.probe_windows};
  return digest_of(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string training_key(const OpenedModel& model, const TrainRequest& request) {
  Json texts = Json::array();
  for (const auto& path : request.texts)
    texts.push_back({path.extension().string(), api::sha256_of_file(path)});
  const Json all = {"adapter",
                    version(),
                    describe_model(model),
                    texts,
                    request.assumed,
                    {request.rank, request.alpha, request.targets},
                    {request.steps, request.tokens, request.warmup},
                    {request.rate, request.decay, request.clip, request.moment_bits},
                    {request.batch, request.accumulate, request.context, request.seed},
                    request.gpu};
  return digest_of(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace nybble
