#include "api/target_types.h"

#include <fmt/format.h>

#include "api/calibration.h"
#include "api/calibration_texts.h"

namespace nybble {
namespace {

// The calibration text, or for statistics alone the one that comes with nybble.
std::vector<std::string> texts_to_probe(const QuantizeRequest& request, const OpenedModel& model) {
  return read_calibration_texts(calibration_inputs(request.calibration).texts, model).contents;
}

// Bytes of a file beside its tensors, at most: the longest names of types are assumed.
std::uint64_t overhead(const models::ModelSource& source, files::Metadata metadata,
                       QuantizeReceipt receipt, QuantizePlan plan) {
  for (PlannedTensor& tensor : plan.tensors) tensor.to = "IQ3_XXS";
  receipt.set_types(plan);
  receipt.reserve(metadata);
  std::vector<files::TensorPlan> tensors;
  for (const models::SourceTensor& tensor : source.tensors)
    tensors.push_back({tensor.name, tensor.format, tensor.shape});
  return files::gguf_file_bytes(metadata, tensors) - plan.bytes_before +
         files::gguf_alignment(metadata) * tensors.size();
}

}  // namespace

TargetTypes::TargetTypes(const OpenedModel& model, const models::ModelSource& folded,
                         const QuantizeRequest& request, const StreamOptions& stream,
                         const ProgressCallback& progress)
    : model_(model),
      probe_(model, texts_to_probe(request, model),
             {.windows = request.probe_windows,
              .seed = request.seed,
              .threads = request.threads,
              .max_bytes = static_cast<std::size_t>(request.memory_bytes)}),
      search_(folded, method_of(request), stream, probe_, progress) {}

void TargetTypes::find(std::uint64_t file_bytes, const files::Metadata& metadata,
                       const QuantizeReceipt& receipt, Choices& choices, QuantizePlan& plan) {
  const std::uint64_t beside = overhead(model_.source, metadata, receipt, plan);
  choices.types =
      search_.run(std::move(choices.types), file_bytes > beside ? file_bytes - beside : 0);
  plan = make_plan(model_.source, choices);
  plan.recipe = fmt::format("measured, begun with {}", choices.recipe.name());
  plan.rounds = search_.rounds();
}

}  // namespace nybble
