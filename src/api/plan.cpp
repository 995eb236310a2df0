// The walk of `plan`: models and types to bytes, placement and speed.
#include "nybble/plan.h"

#include <algorithm>

#include "api/device_list.h"
#include "api/known_losses.h"
#include "api/plan_memory.h"
#include "api/plan_speed.h"
#include "api/plan_target.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "formats/all.h"
#include "models/known_shapes.h"
#include "nybble/version.h"
#include "quantize/recipe.h"

namespace nybble {
namespace {

using namespace api;

constexpr int default_context = 8192;
std::vector<std::string> types_of(const PlanRequest& request) {
  if (!request.types.empty()) return request.types;
  return {"F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "IQ3_XXS", "IQ2_XXS"};
}

FormatId cache_type(const std::string& name, std::string_view option) {
  const auto format = formats::find_by_name(name);
  if (!format || formats::info(*format).encode == nullptr) {
    fail(ErrorKind::invalid_input,
         "{} {}: not a format that a cache can be kept in; expected one such as F16, Q8_0 or Q4_0",
         option, name);
  }
  return *format;
}

PlanChoice choice_of(const TypedModel& model, const PlanLoad& load, const PlanTarget& target) {
  const ModelParts parts = parts_of(model, target.memory_bytes);
  const int gpu_layers = layers_on_gpu(model, parts, load, target.vram_bytes);
  PlanChoice choice{.model = model.subject->name,
                    .type = model.type,
                    .file_bytes = model.file_bytes,
                    .context = load.context,
                    .memory = memory_of(model, parts, load, gpu_layers),
                    .gpu_layers = gpu_layers,
                    .speed = speed_of(model, parts, load, gpu_layers, target.cpu, target.gpu),
                    .typical_divergence = typical_divergence(model.type)};
  choice.bits_per_weight = 8.0 * static_cast<double>(model.file_bytes) /
                           static_cast<double>(model.subject->parameters());
  choice.peak_resident_bytes = choice.memory.host() + model.file_bytes;
  choice.fits = choice.memory.host() <= target.memory_bytes;
  if (!choice.fits) choice.missing_bytes = choice.memory.host() - target.memory_bytes;
  return choice;
}

PlanLoad load_of(const PlanRequest& request, const PlanSubject& subject, CacheFormats cache) {
  const int own = subject.config.context;
  if (request.context > own) {
    fail(ErrorKind::invalid_input,
         "{}: a context of {} is more than the model's own, {}; take less", subject.name,
         request.context, own);
  }
  return {.context = request.context > 0 ? request.context : std::min(default_context, own),
          .users = request.users,
          .cache = cache};
}

std::vector<TypedModel> typed_models(const PlanSubject& subject, const PlanRequest& request) {
  std::vector<TypedModel> models;
  if (!subject.stored.empty() && request.types.empty()) models.push_back(as_stored(subject));
  for (const std::string& type : types_of(request)) models.push_back(with_recipe(subject, type));
  std::ranges::sort(models, std::ranges::greater{}, &TypedModel::file_bytes);
  return models;
}

std::optional<std::size_t> recommend(const PlanReport& report) {
  // Q8_0 and larger types differ in nothing that is seen, so the smallest of them counts as best.
  constexpr double enough_bits = 9, least_bits = 4;
  const auto rank = [&](const PlanChoice& choice) {
    const auto model = std::ranges::find(report.models, choice.model, &PlannedModel::name);
    const bool good = choice.bits_per_weight >= least_bits;
    const double parameters = good ? static_cast<double>(model->parameters) : 0;
    const double bits =
        choice.bits_per_weight <= enough_bits ? choice.bits_per_weight : 1 / choice.bits_per_weight;
    return std::tuple(good, parameters, good ? bits : -choice.typical_divergence.value_or(9));
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < report.choices.size(); ++i) {
    if (!report.choices[i].fits) continue;
    if (!best || rank(report.choices[i]) > rank(report.choices[*best])) best = i;
  }
  return best;
}

void check(const PlanRequest& request) {
  if (request.models.empty())
    fail(ErrorKind::invalid_input, "plan: which model? Expected a path or one of: {}",
         models::known_shape_names());
  if (request.users < 1 || request.users > 65536 || request.context < 0) {
    fail(ErrorKind::invalid_input,
         "plan: {} users with a context of {}; expected 1 or more of each", request.users,
         request.context);
  }
}

}  // namespace

PlanReport plan(const PlanRequest& request) {
  check(request);
  if (!request.page.empty() && !request.force) refuse_existing(request.page);
  const PlanTarget target = target_of(request);
  const std::string key = request.key_type.empty() ? "F16" : request.key_type;
  const CacheFormats cache{
      cache_type(key, "-ctk"),
      cache_type(request.value_type.empty() ? key : request.value_type, "-ctv")};
  PlanReport report{.device = target.device,
                    .speed_basis = target.speed_basis,
                    .memory_bytes = target.memory_bytes,
                    .vram_bytes = target.vram_bytes,
                    .users = request.users,
                    .key_type = std::string(formats::info(cache.keys).name),
                    .value_type = std::string(formats::info(cache.values).name),
                    .models = {},
                    .choices = {},
                    .recommended = {},
                    .version = version()};
  for (const std::string& name : request.models) {
    const PlanSubject subject = plan_subject(name);
    const PlanLoad load = load_of(request, subject, cache);
    report.models.push_back(
        {.name = subject.name,
         .source = subject.source,
         .architecture = subject.config.architecture,
         .parameters = subject.parameters(),
         .layers = subject.config.layers,
         .context = subject.config.context,
         .cache_bytes_per_token = cache_bytes(subject.config, load.context, cache) /
                                  static_cast<std::uint64_t>(load.context)});
    for (const TypedModel& model : typed_models(subject, request))
      report.choices.push_back(choice_of(model, load, target));
  }
  report.recommended = recommend(report);
  if (!request.page.empty()) {
    const std::string page = plan_page(report);
    AtomicFile file(request.page, request.force);
    file.write(std::as_bytes(std::span(page)));
    file.commit();
  }
  return report;
}

std::vector<KnownModel> known_models() {
  std::vector<KnownModel> known;
  for (const models::KnownShape& shape : models::known_shapes())
    known.push_back({std::string(shape.name), std::string(shape.aliases)});
  return known;
}

std::vector<DeviceSummary> known_devices() {
  std::vector<DeviceSummary> known;
  for (const Device& device : devices()) {
    known.push_back({.name = std::string(device.name),
                     .kind = std::string(kind_name(device.kind)),
                     .memory_bytes = static_cast<std::uint64_t>(device.gigabytes * 1e9),
                     .bandwidth = device.gigabytes_per_second * 1e9,
                     .products = device.teraflops * 1e12 / 2,
                     .source = std::string(device.source)});
  }
  return known;
}

}  // namespace nybble
