#include "api/receipt.h"

#include <algorithm>
#include <cmath>

#include "api/sha256.h"
#include "base/error.h"
#include "files/edit_metadata.h"
#include "nybble/version.h"

namespace nybble {
namespace {

const std::string no_digest(64, '0');

// What a file says under a key; null when it is missing or no JSON, which is not ours to judge.
OrderedJson carried(const files::Checkpoint& checkpoint, std::string_view key) {
  try {
    return parse_ordered_json(checkpoint.metadata.get_string(key, ""), key);
  } catch (const Error&) {
    return nullptr;
  }
}

std::string name_of(const std::filesystem::path& path) {
  const auto whole = std::filesystem::weakly_canonical(path);
  return whole.filename().string();
}

OrderedJson describe_source(const OpenedModel& model) {
  OrderedJson source = {{"name", name_of(model.checkpoint->path)},
                        {"container", model.checkpoint->container}};
  OrderedJson& files = source["files"] = OrderedJson::array();
  for (const auto& file : weight_files(*model.checkpoint)) {
    files.push_back({{"name", file.filename().string()},
                     {"bytes", std::filesystem::file_size(file)},
                     {"sha256", no_digest}});
  }
  for (const auto& file : adapter_files(model)) {
    source["adapter"]["name"] = name_of(model.lora);
    source["adapter"]["files"].push_back(
        {{"name", file.filename().string()}, {"sha256", api::sha256_of_file(file)}});
  }
  // What the source said of itself goes on.
  const OrderedJson earlier = carried(*model.checkpoint, receipt_made);
  if (earlier.is_object()) source["made"] = earlier;
  return source;
}

OrderedJson describe_request(const QuantizeRequest& request) {
  OrderedJson types = OrderedJson::array();
  for (const auto& [pattern, type] : request.tensor_types) types.push_back({pattern, type});
  OrderedJson json = {{"pure", request.pure},
                      {"allow_requantize", request.allow_requantize},
                      {"allow_nan", request.allow_nan},
                      {"tensor_types", types},
                      {"output_tensor_type", request.output_tensor_type},
                      {"token_embedding_type", request.token_embedding_type}};
  if (request.target_bytes > 0) json["target_bytes"] = request.target_bytes;
  if (request.target_bpw > 0) json["target_bpw"] = request.target_bpw;
  return json;
}

OrderedJson describe(const calibrate::Provenance* statistics) {
  if (statistics == nullptr) return nullptr;
  return {{"texts", statistics->texts},
          {"windows", statistics->windows},
          {"context", statistics->context}};
}

// A number that always takes 12 characters.
std::string fixed_width(double error) {
  const bool fits = std::isfinite(error) && error >= 1e-99 && error < 1e99;
  return fmt::format("{:.6e}", fits ? error : 0.0);
}

std::string_view name_of(WindowMode mode) {
  return mode == WindowMode::full ? "full" : "llama.cpp";
}

OrderedJson interval(const Estimate& estimate) {
  OrderedJson json = {{"value", estimate.value}};
  if (!std::isnan(estimate.low)) json["interval_95"] = {estimate.low, estimate.high};
  return json;
}

OrderedJson describe(const Measurement& measurement, const std::string& reference,
                     const EvaluatedText& text, const MeasureSettings& settings) {
  const Divergence& d = *measurement.divergence;
  return {{"program", "nybble " + version()},
          {"reference", name_of(std::filesystem::path(reference))},
          {"text",
           {{"name", std::filesystem::path(text.path).filename().string()},
            {"sha256", text.sha256},
            {"scored_tokens", text.scored_tokens}}},
          {"mode", name_of(settings.mode)},
          {"compute", compute_name(settings.compute)},
          {"context", settings.context},
          {"kld", interval(d.mean)},
          {"kld_p99", interval(d.p99)},
          {"top1", interval(d.top1)},
          {"perplexity", interval(measurement.perplexity)},
          {"perplexity_ratio", interval(d.perplexity_ratio)}};
}

bool is_same_measurement(const OrderedJson& a, const OrderedJson& b) {
  return std::ranges::all_of(
      std::array{"reference", "text", "mode", "compute", "context"},
      [&](const char* key) { return a.is_object() && a.contains(key) && a.at(key) == b.at(key); });
}

}  // namespace

QuantizeReceipt::QuantizeReceipt(const OpenedModel& model, const QuantizeRequest& request,
                                 std::string_view method, std::string_view recipe,
                                 const calibrate::Provenance* statistics)
    : made_{{"program", "nybble " + version()},
            {"recipe", recipe},
            {"method", method},
            {"parameters", describe_request(request)},
            {"calibration", describe(statistics)},
            {"source", describe_source(model)}} {
  digests_ = std::async(std::launch::async, [files = weight_files(*model.checkpoint)] {
               std::vector<std::string> digests;
               for (const auto& file : files) digests.push_back(api::sha256_of_file(file));
               return digests;
             }).share();
}

void QuantizeReceipt::set_types(const QuantizePlan& plan) {
  tensors_.clear();
  for (const PlannedTensor& tensor : plan.tensors) tensors_.emplace_back(tensor.name, tensor.to);
}

void QuantizeReceipt::set(std::span<const double> errors, std::span<const std::string> digests,
                          files::Metadata& metadata) const {
  OrderedJson made = made_;
  OrderedJson& files = made["source"]["files"];
  for (std::size_t i = 0; i < files.size(); ++i) files[i]["sha256"] = digests[i];
  std::string tensors = "[";
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const auto& [name, type] = tensors_[i];
    tensors += fmt::format(R"({}{{"name":{},"type":"{}","relative_error":{}}})", i > 0 ? "," : "",
                           OrderedJson(name).dump(), type, fixed_width(errors[i]));
  }
  metadata.set(receipt_made, made.dump());
  metadata.set(receipt_tensors, tensors + "]");
}

void QuantizeReceipt::reserve(files::Metadata& metadata) const {
  metadata.erase(receipt_measured);
  set(std::vector<double>(tensors_.size()),
      std::vector<std::string>(made_.at("source").at("files").size(), no_digest), metadata);
}

void QuantizeReceipt::complete(std::span<const double> errors, files::Metadata& metadata) const {
  set(errors, digests_.get(), metadata);
}

void stamp(const Measurement& measurement, const std::string& reference, const EvaluatedText& text,
           const MeasureSettings& settings) {
  const std::filesystem::path model = measurement.model;
  const OrderedJson entry = describe(measurement, reference, text, settings);
  OrderedJson list = carried(files::open_checkpoint(model), receipt_measured);
  if (!list.is_array()) list = OrderedJson::array();
  const auto known = std::ranges::find_if(
      list, [&](const OrderedJson& other) { return is_same_measurement(other, entry); });
  known == list.end() ? list.push_back(entry) : void(*known = entry);
  files::set_metadata_text(model, std::string(receipt_measured), list.dump());
}

}  // namespace nybble
