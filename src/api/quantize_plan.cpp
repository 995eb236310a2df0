#include "api/quantize_plan.h"

#include <algorithm>

#include "api/directory_output.h"
#include "api/type_options.h"
#include "base/error.h"

namespace nybble {
namespace {

bool is_quantized(FormatId format) {
  return formats::info(format).block_len > 1;
}

quantize::Overrides overrides_of(const QuantizeRequest& request) {
  return {.pure = request.pure,
          .tensor_types = request.tensor_types,
          .output_tensor_type = request.output_tensor_type,
          .token_embedding_type = request.token_embedding_type};
}

// A linear of a layer, which layouts are for; embedding and head stay as they are.
bool is_linear(const models::SourceTensor& tensor) {
  return tensor.shape.rank() == 2 && tensor.name.starts_with("blk.") &&
         tensor.name.ends_with(".weight");
}

// What stays as it is: floats in the type they have, small tensors in one that holds them.
quantize::TypeChoice keep(const models::SourceTensor& tensor, std::string reason) {
  const bool is_float =
      formats::info(tensor.format).block_len == 1 && formats::info(tensor.format).encode != nullptr;
  if (tensor.shape.rank() > 1)
    return {is_float ? tensor.format : id_of<formats::F32>(), std::move(reason)};
  return {exact_format(tensor, id_of<formats::BF16>()), "kept: 1-D"};
}

// What is not packed: the type that a directory states.
FormatId model_type(const models::ModelSource& source) {
  return keep(*source.find("token_embd.weight"), "").format;
}

Choices apply(std::shared_ptr<const packing::Target> layout, const models::ModelSource& source) {
  Choices choices{*quantize::find_recipe("COPY"), {}, {}, std::move(layout)};
  for (const models::SourceTensor& tensor : source.tensors) {
    choices.tensors.push_back({tensor.name, tensor.shape, tensor.format});
    if (!is_linear(tensor)) {
      choices.types.push_back(keep(tensor, "kept: no linear of a layer"));
      continue;
    }
    const std::string why = choices.layout->refuses(tensor.shape);
    choices.types.push_back(why.empty() ? quantize::TypeChoice{choices.layout->format(), "layout"}
                                        : keep(tensor, "fallback: " + why));
    choices.types.back().fallback = !why.empty();
  }
  return choices;
}

Choices apply(const quantize::Recipe& recipe, const models::ModelSource& source,
              const QuantizeRequest& request) {
  Choices choices{recipe, {}, {}};
  for (const models::SourceTensor& tensor : source.tensors)
    choices.tensors.push_back({tensor.name, tensor.shape, tensor.format});
  const models::DecoderConfig& config = source.config;
  const bool calibrated = method_of(request).needs != quantize::Needs::nothing;
  const quantize::ModelFacts model{.architecture = config.architecture,
                                   .layers = config.layers,
                                   .heads = config.heads,
                                   .kv_heads = config.kv_heads,
                                   .tied = config.tied,
                                   .calibrated = calibrated};
  choices.types = quantize::choose_types(recipe, model, choices.tensors, overrides_of(request));
  return choices;
}

// Requests that speak of types of tensors have no meaning for a layout.
void refuse_with_layout(const QuantizeRequest& request) {
  if (has_target(request) || request.pure || !request.tensor_types.empty() ||
      !request.output_tensor_type.empty() || !request.token_embedding_type.empty() ||
      request.keep_split) {
    fail(ErrorKind::invalid_input,
         "{}: a layout gives all linears one type; options that choose types or sizes go with a "
         "GGUF",
         request.type);
  }
}

std::uint64_t bytes_after(const models::SourceTensor& tensor, const quantize::TypeChoice& choice,
                          const packing::Target* layout) {
  if (layout == nullptr || choice.format != layout->format())
    return bytes_of(tensor, choice.format);
  std::uint64_t bytes = 0;
  for (const files::TensorPlan& part : layout->parts("", tensor.shape))
    bytes +=
        static_cast<std::uint64_t>(part.shape.rows()) * row_bytes(part.format, part.shape.cols());
  return bytes;
}

// Whether a search can begin with these types.
bool can_be_searched(const Choices& choices, const quantize::Method& method) {
  return std::ranges::all_of(choices.types, [&](const quantize::TypeChoice& choice) {
    const bool by_recipe = choice.reason.starts_with("recipe") || choice.fallback;
    return !by_recipe || (is_candidate(choice.format) && quantize::writes(method, choice.format));
  });
}

}  // namespace

const quantize::Recipe& recipe_named(const std::string& name) {
  const quantize::Recipe* recipe = quantize::find_recipe(name);
  if (recipe != nullptr) return *recipe;
  std::string known;
  for (const quantize::Recipe& each : quantize::recipes()) known += fmt::format(" {}", each.name());
  fail(ErrorKind::invalid_input, "'{}' is no type that nybble knows; expected one of:{}", name,
       known);
}

const quantize::Method& method_of(const QuantizeRequest& request) {
  if (!request.method.empty()) return quantize::method_named(request.method);
  return quantize::method_named(request.calibration.empty() &&
                                        request.written_windows.value_or(0) == 0 &&
                                        !has_target(request)
                                    ? "kquant"
                                    : "best");
}

std::uint64_t target_bytes(const models::ModelSource& source, const QuantizeRequest& request) {
  if (request.target_bytes > 0) return request.target_bytes;
  return static_cast<std::uint64_t>(request.target_bpw *
                                    static_cast<double>(count_parameters(source)) / 8);
}

Choices choose(const models::ModelSource& source, const QuantizeRequest& request) {
  const std::uint64_t target = target_bytes(source, request);
  if (auto layout = packing::find_target(request.type, model_type(source))) {
    refuse_with_layout(request);
    return apply(std::move(layout), source);
  }
  if (target == 0 || !request.type.empty())
    return apply(recipe_named(request.type), source, request);
  const quantize::Recipe *best = nullptr, *smallest = nullptr;
  std::uint64_t best_bytes = 0, smallest_bytes = 0;
  for (const quantize::Recipe& recipe : quantize::recipes()) {
    const Choices choices = apply(recipe, source, request);
    if (!can_be_searched(choices, method_of(request))) continue;
    const std::uint64_t bytes = make_plan(source, choices).bytes_after;
    if (bytes <= target && bytes >= best_bytes) {
      best = &recipe;
      best_bytes = bytes;
    }
    if (smallest == nullptr || bytes < smallest_bytes) {
      smallest = &recipe;
      smallest_bytes = bytes;
    }
  }
  return apply(best != nullptr ? *best : *smallest, source, request);
}

FormatId type_of(const models::SourceTensor& tensor, const models::ModelSource& source,
                 std::span<const quantize::TypeChoice> types) {
  return types[static_cast<std::size_t>(&tensor - source.tensors.data())].format;
}

QuantizePlan make_plan(const models::ModelSource& source, const Choices& choices) {
  QuantizePlan plan;
  plan.recipe = choices.name();
  for (std::size_t i = 0; i < choices.types.size(); ++i) {
    const models::SourceTensor& tensor = source.tensors[i];
    const quantize::TypeChoice& choice = choices.types[i];
    if (tensor.is_scale()) continue;  // goes with its weight
    if (choices.layout != nullptr && tensor.name.starts_with("rope_")) continue;  // in config.json
    const auto dims = tensor.shape.dims();
    plan.tensors.push_back({.name = tensor.name,
                            .shape = {dims.begin(), dims.end()},
                            .from = std::string(formats::info(tensor.format).name),
                            .to = std::string(formats::info(choice.format).name),
                            .bytes_before = bytes_of(tensor, tensor.format),
                            .bytes_after = bytes_after(tensor, choice, choices.layout.get()),
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
    const std::string_view next = tensor.is_in_files() ? tensor.file() : file;
    if (!file.empty() && next != file) ++shard;
    file = next;
    shards.push_back(shard);
  }
  return shards;
}

std::vector<std::pair<std::string, std::string>> quantize_methods() {
  std::vector<std::pair<std::string, std::string>> methods;
  for (const quantize::Method& method : quantize::methods())
    methods.emplace_back(method.name, method.description);
  return methods;
}

std::vector<std::pair<std::string, std::string>> quantize_layouts() {
  std::vector<std::pair<std::string, std::string>> layouts;
  for (const packing::TargetKind& kind : packing::targets())
    layouts.emplace_back(kind.example, kind.about);
  return layouts;
}

std::vector<std::pair<std::string, std::string>> quantize_types() {
  std::vector<std::pair<std::string, std::string>> types;
  for (const quantize::Recipe& recipe : quantize::recipes()) {
    types.emplace_back(recipe.name(), recipe.about);
  }
  return types;
}

}  // namespace nybble
