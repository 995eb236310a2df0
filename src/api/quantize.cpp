// The walk of `quantize`: checkpoint to quantized GGUF.
#include "nybble/quantize.h"

#include <algorithm>
#include <chrono>

#include "api/calibration.h"
#include "api/opened_model.h"
#include "api/receipt.h"
#include "api/tensor_stream.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "calibrate/statistics_file.h"
#include "quantize/recipe.h"

namespace nybble {
namespace {

std::uint64_t bytes_of(FormatId format, const Shape& shape) {
  return static_cast<std::uint64_t>(shape.rows()) * row_bytes(format, shape.cols());
}

bool is_quantized(FormatId format) {
  return formats::info(format).block_len > 1;
}

quantize::Overrides overrides_of(const QuantizeRequest& request) {
  return {.pure = request.pure,
          .tensor_types = request.tensor_types,
          .output_tensor_type = request.output_tensor_type,
          .token_embedding_type = request.token_embedding_type};
}

const quantize::Recipe& recipe_named(const std::string& name) {
  const quantize::Recipe* recipe = quantize::find_recipe(name);
  if (recipe != nullptr) return *recipe;
  std::string known;
  for (const quantize::Recipe& each : quantize::recipes()) known += fmt::format(" {}", each.name());
  fail(ErrorKind::invalid_input, "'{}' is no type that nybble knows; expected one of:{}", name,
       known);
}

using quantize::Needs;

const quantize::Method& method_of(const QuantizeRequest& request) {
  if (!request.method.empty()) return quantize::method_named(request.method);
  return quantize::method_named(request.calibration.empty() ? "kquant" : "best");
}

calibrate::Statistics gather_statistics(const OpenedModel& model, const QuantizeRequest& request,
                                        const quantize::Method& method,
                                        const ProgressCallback& progress) {
  if (method.needs == Needs::nothing) return {};
  const auto& paths = request.calibration;
  if (paths.size() != 1 || !is_statistics_file(paths[0])) {
    const CalibrateSettings settings{.texts = paths,
                                     .context = request.calibration_context,
                                     .seed = request.seed,
                                     .threads = request.threads};
    return observe_model(model, settings, progress);
  }
  calibrate::Statistics statistics = calibrate::read_statistics(paths[0]);
  const auto is_of_model = [&](const auto& input) {
    return std::ranges::any_of(
        input.weights, [&](const auto& name) { return model.source.find(name) != nullptr; });
  };
  if (std::ranges::none_of(statistics.inputs, is_of_model)) {
    fail(ErrorKind::invalid_input,
         "{} knows none of the model's tensors; expected statistics of this model",
         paths[0].string());
  }
  const auto has_moments = [](const auto& input) { return input.has_moments(); };
  if (method.needs == Needs::moments && std::ranges::none_of(statistics.inputs, has_moments)) {
    fail(ErrorKind::invalid_input,
         "{} holds no second moments, which the method {} needs; expected a file of `nybble "
         "calibrate`, or texts (with this file --method imatrix works)",
         paths[0].string(), method.name);
  }
  return statistics;
}

// What a recipe makes of a model: one choice for each tensor of the source.
struct Choices {
  const quantize::Recipe& recipe;
  std::vector<quantize::TensorFacts> tensors;
  std::vector<quantize::TypeChoice> types;
};

Choices choose(const models::ModelSource& source, const QuantizeRequest& request) {
  Choices choices{recipe_named(request.type), {}, {}};
  for (const models::SourceTensor& tensor : source.tensors) {
    choices.tensors.push_back({tensor.name, tensor.shape, tensor.format});
  }
  const models::DecoderConfig& config = source.config;
  const quantize::ModelFacts model{.architecture = config.architecture,
                                   .layers = config.layers,
                                   .heads = config.heads,
                                   .kv_heads = config.kv_heads,
                                   .tied = config.tied,
                                   .calibrated = method_of(request).needs != Needs::nothing};
  choices.types =
      quantize::choose_types(choices.recipe, model, choices.tensors, overrides_of(request));
  return choices;
}

QuantizePlan make_plan(const models::ModelSource& source, const Choices& choices) {
  QuantizePlan plan;
  plan.recipe = choices.recipe.name();
  for (std::size_t i = 0; i < choices.types.size(); ++i) {
    const models::SourceTensor& tensor = source.tensors[i];
    const quantize::TypeChoice& choice = choices.types[i];
    const auto dims = tensor.shape.dims();
    plan.tensors.push_back({.name = tensor.name,
                            .shape = {dims.begin(), dims.end()},
                            .from = std::string(formats::info(tensor.format).name),
                            .to = std::string(formats::info(choice.format).name),
                            .bytes_before = bytes_of(tensor.format, tensor.shape),
                            .bytes_after = bytes_of(choice.format, tensor.shape),
                            .reason = choice.reason});
    plan.bytes_before += plan.tensors.back().bytes_before;
    plan.bytes_after += plan.tensors.back().bytes_after;
    if (choice.fallback) ++plan.fallbacks;
  }
  plan.parameters = count_parameters(source);
  plan.bits_per_weight =
      8.0 * static_cast<double>(plan.bytes_after) / static_cast<double>(plan.parameters);
  return plan;
}

// A file that lost precision once should not lose it twice unnoticed.
void refuse_requantizing(const models::ModelSource& source, const Choices& choices) {
  for (std::size_t i = 0; i < choices.types.size(); ++i) {
    const models::SourceTensor& tensor = source.tensors[i];
    if (is_quantized(tensor.format) && choices.types[i].format != tensor.format) {
      fail(ErrorKind::invalid_input,
           "{}: tensor '{}' is {} already, expected an unquantized model, since quantizing twice "
           "loses more; start from the original, or give --allow-requantize",
           source.checkpoint->path.string(), tensor.name, formats::info(tensor.format).name);
    }
  }
}

// The file of each tensor in a split input; a tensor that nybble derives stays with the one before.
std::vector<std::size_t> input_shards(const models::ModelSource& source) {
  if (source.checkpoint->container != "gguf") {
    fail(ErrorKind::invalid_input,
         "{}: --keep-split takes over the files of a split GGUF, and this is {}; give "
         "--split-max-size",
         source.checkpoint->path.string(), source.checkpoint->container);
  }
  std::vector<std::size_t> shards;
  std::size_t shard = 0;
  std::string_view file;
  for (const models::SourceTensor& tensor : source.tensors) {
    const std::string_view next = tensor.stored == nullptr ? file : tensor.stored->file;
    if (!file.empty() && next != file) ++shard;
    file = next;
    shards.push_back(shard);
  }
  return shards;
}

files::Metadata output_metadata(const OpenedModel& model, const quantize::Recipe& recipe) {
  files::Metadata metadata = gguf_metadata(model);
  if (recipe.file_type >= 0) {
    metadata.set("general.file_type", static_cast<std::uint32_t>(recipe.file_type));
  }
  metadata.set("general.quantization_version", std::uint32_t{2});
  return metadata;
}

}  // namespace

QuantizePlan plan_quantize(const QuantizeRequest& request) {
  const auto checkpoint =
      std::make_shared<const files::Checkpoint>(files::open_checkpoint(request.input));
  const models::ModelSource source = models::open_model(checkpoint);
  return make_plan(source, choose(source, request));
}

QuantizeReport quantize_model(const QuantizeRequest& request, const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  const OpenedModel model = open_for_reading(request.input);
  refuse_overwriting(model, request.output);
  const Choices choices = choose(model.source, request);
  quantize::check_writable(choices.recipe, choices.tensors, choices.types);
  if (!request.allow_requantize) refuse_requantizing(model.source, choices);

  QuantizeReport report;
  report.plan = make_plan(model.source, choices);
  std::vector<OutputTensor> tensors;
  for (std::size_t i = 0; i < choices.types.size(); ++i) {
    const models::SourceTensor& tensor = model.source.tensors[i];
    tensors.push_back({{tensor.name, &tensor}, choices.types[i].format});
  }
  exports::ExportPlan plan;
  plan.path = request.output;
  plan.replace = request.force;
  plan.max_shard_bytes = request.max_shard_bytes;
  if (request.keep_split) plan.shards = input_shards(model.source);
  plan.metadata = output_metadata(model, choices.recipe);
  const quantize::Method& method = method_of(request);
  if (!request.force && request.max_shard_bytes == 0 && !request.keep_split)
    refuse_existing(request.output);
  const calibrate::Statistics statistics = gather_statistics(model, request, method, progress);
  const QuantizeReceipt receipt(model, request, method.name, report.plan, statistics);
  receipt.reserve(plan.metadata);
  const auto on_note = [&](const std::string& tensor, const std::string& note) {
    report.notes.emplace_back(tensor, note);
  };
  const auto final_metadata = [&](std::span<const double> errors) {
    files::Metadata metadata = plan.metadata;
    receipt.complete(errors, metadata);
    return metadata;
  };
  const files::Checkpoint written =
      files::open_checkpoint(write_tensors(exports::find("gguf"), plan, tensors, method,
                                           {.step = "quantize",
                                            .threads = request.threads,
                                            .statistics = &statistics,
                                            .on_note = on_note,
                                            .allow_nan = request.allow_nan,
                                            .final_metadata = final_metadata},
                                           progress));

  report.method = method.name;
  report.output = written.path.string();
  report.n_files = written.n_files;
  report.file_bytes = written.file_bytes;
  report.file_bits_per_weight =
      8.0 * static_cast<double>(report.file_bytes) / static_cast<double>(report.plan.parameters);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::vector<std::pair<std::string, std::string>> quantize_methods() {
  std::vector<std::pair<std::string, std::string>> methods;
  for (const quantize::Method& method : quantize::methods())
    methods.emplace_back(method.name, method.description);
  return methods;
}

std::vector<std::pair<std::string, std::string>> quantize_types() {
  std::vector<std::pair<std::string, std::string>> types;
  for (const quantize::Recipe& recipe : quantize::recipes()) {
    types.emplace_back(recipe.name(), recipe.about);
  }
  return types;
}

}  // namespace nybble
