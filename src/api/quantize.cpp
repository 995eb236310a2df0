// The walk of `quantize`: checkpoint to quantized GGUF.
#include "nybble/quantize.h"

#include <chrono>
#include <optional>

#include "api/folding.h"
#include "api/gather_statistics.h"
#include "api/model_card.h"
#include "api/opened_model.h"
#include "api/packed_directory.h"
#include "api/quantize_plan.h"
#include "api/receipt.h"
#include "api/resume_folder.h"
#include "api/resume_key.h"
#include "api/target_types.h"
#include "api/tensor_stream.h"
#include "api/tuning.h"
#include "api/type_options.h"
#include "base/atomic_file.h"
#include "base/stale_temporaries.h"
#include "files/shard_name.h"

namespace nybble {
namespace {

files::Metadata output_metadata(const OpenedModel& model, const quantize::Recipe& recipe) {
  files::Metadata metadata = gguf_metadata(model);
  if (recipe.file_type >= 0) {
    metadata.set("general.file_type", static_cast<std::uint32_t>(recipe.file_type));
  }
  metadata.set("general.quantization_version", std::uint32_t{2});
  return metadata;
}

exports::ExportPlan make_export(const OpenedModel& model, const QuantizeRequest& request,
                                const Choices& choices) {
  exports::ExportPlan plan;
  if (choices.layout != nullptr) {
    plan = plan_packed_directory(model, choices);
  } else {
    plan.metadata = output_metadata(model, choices.recipe);
    if (request.keep_split) plan.shards = input_shards(model.source);
  }
  plan.path = request.output;
  plan.replace = request.force;
  plan.max_shard_bytes = request.max_shard_bytes;
  return plan;
}

std::vector<OutputTensor> output_tensors(const models::ModelSource& source,
                                         const Choices& choices) {
  if (choices.layout != nullptr) return packed_tensors(source, choices);
  std::vector<FormatId> formats;
  for (const quantize::TypeChoice& choice : choices.types) formats.push_back(choice.format);
  return gguf_tensors(source, formats);
}

// Temporary files of the output, or of the files that it is split into.
void remove_leftovers(const std::filesystem::path& output) {
  const std::string name = output.filename().string(), stem = output.stem().string();
  const auto folder = output.has_parent_path() ? output.parent_path() : std::filesystem::path(".");
  remove_stale_temporaries(folder, [&](std::string_view file) {
    const auto shard = files::parse_shard_name(file);
    return file == name || (shard && shard->prefix == stem);
  });
}

// The folder of finished work, when it is wanted. Refuses an output that stands there already,
// unless a run of the same work was killed while it put that in place.
std::unique_ptr<const ResumeFolder> begin_work(const OpenedModel& model,
                                               const QuantizeRequest& request,
                                               exports::ExportPlan& plan, QuantizeReport& report) {
  const auto refuse_output = [&] {
    const bool has_own_name = request.max_shard_bytes == 0 && !request.keep_split;
    if (!plan.replace && has_own_name) refuse_existing(request.output);
  };
  if (!request.resume || !ResumeFolder::exists(request.output)) refuse_output();
  if (!request.resume) return nullptr;
  remove_leftovers(request.output);
  auto kept = std::make_unique<const ResumeFolder>(
      request.output, resume_key(model, request, method_of(request), report.plan));
  report.discarded = kept->discarded();
  plan.replace |= kept->was_placing();
  refuse_output();
  return kept;
}

void finish_report(const files::Checkpoint& written, QuantizeReport& report) {
  report.output = written.path.string();
  report.n_files = written.n_files;
  report.file_bytes = written.file_bytes;
  report.file_bits_per_weight =
      8.0 * static_cast<double>(report.file_bytes) / static_cast<double>(report.plan.parameters);
}

// Everything, or everything but the writing.
QuantizeReport run(const QuantizeRequest& request, const ProgressCallback& progress, bool writes) {
  const OpenedModel model = open_merged(request.input, request.assumed, request.merge);
  if (writes) refuse_overwriting(model, request.output);
  Choices choices = choose(model.source, request);
  quantize::check_writable(choices.recipe, method_of(request), choices.tensors, choices.types);
  if (!request.allow_requantize) refuse_requantizing(model.source, choices);

  const quantize::Method& method = method_of(request);
  QuantizeReport report{.plan = make_plan(model.source, choices),
                        .output = "",
                        .method = std::string(method.name),
                        .notes = {},
                        .relative_errors = {},
                        .merged = merged_names(model.source),
                        .source_notes = model.source.notes};
  if (method.tunes) check_tuning(request.tuning);
  if (writes && method.tunes && request.tuning.gpu) gradients::check_gpu();
  check_memory(output_tensors(model.source, choices), method, request.threads,
               static_cast<std::size_t>(request.memory_bytes));
  const std::uint64_t target = target_bytes(model.source, request);
  if (target > 0) check_budget(model.source, choices.types, method, target);
  exports::ExportPlan plan = make_export(model, request, choices);
  const auto kept = writes ? begin_work(model, request, plan, report) : nullptr;
  const auto statistics =
      gather_statistics(model, request, method, kept ? kept->statistics() : "", progress);
  const models::ModelSource folded = method.fold != nullptr && statistics
                                         ? fold_scales(model.source, *method.fold, choices.types,
                                                       *statistics, request.threads, progress)
                                         : model.source;
  QuantizeReceipt receipt(model, request, method.name, choices.name(),
                          statistics ? &statistics->provenance() : nullptr);
  StreamOptions stream{
      .step = "quantize",
      .threads = request.threads,
      .statistics = statistics ? &*statistics : nullptr,
      .on_note = [&](const auto& tensor,
                     const auto& note) { report.notes.emplace_back(tensor, note); },
      .known = {},
      .allow_nan = request.allow_nan,
      .final_metadata =
          [&](std::span<const double> errors) {
            report.relative_errors.assign(errors.begin(), errors.end());
            files::Metadata metadata = plan.metadata;
            receipt.complete(errors, metadata);
            return metadata;
          },
      .kept = kept.get(),
      .on_taken_over = [&] { ++report.taken_over; }};
  std::optional<TargetTypes> found;
  if (target > 0) {
    found.emplace(model, folded, request, stream, progress);
    found->find(target, plan.metadata, receipt, choices, report.plan);
    stream.known = [&](const OutputTensor& output) { return found->known(output); };
  }
  if (!writes) return report;
  std::optional<Tuning> tuning;
  if (method.tunes) {
    tuning.emplace(model, request, progress);
    std::optional<TuningFiles> files;
    if (kept)
      files.emplace(TuningFiles{{kept->training(), kept->key()}, {kept->lessons(), kept->key()}});
    report.tuning = tuning->run(folded, output_tensors(folded, choices), method, stream,
                                files ? &*files : nullptr);
    stream.known = [&](const OutputTensor& output) { return tuning->known(output); };
  }
  stream.final_text = [&] { return std::pair("README.md", model_card(model, report)); };
  receipt.set_types(report.plan);
  receipt.reserve(plan.metadata);
  const auto& kind = exports::find(choices.layout == nullptr ? "gguf" : "safetensors");
  const auto written =
      write_tensors(kind, plan, output_tensors(folded, choices), method, stream, progress);
  if (kept) kept->remove();
  finish_report(files::open_checkpoint(written), report);
  return report;
}

}  // namespace

QuantizePlan plan_quantize(const QuantizeRequest& request, const ProgressCallback& progress) {
  if (has_target(request)) return run(request, progress, false).plan;
  const auto checkpoint =
      std::make_shared<files::Checkpoint>(files::open_checkpoint(request.input));
  checkpoint->assumed = request.assumed;
  const models::ModelSource source = models::open_model(checkpoint);
  return make_plan(source, choose(source, request));
}

QuantizeReport quantize_model(const QuantizeRequest& request, const ProgressCallback& progress) {
  const auto start = std::chrono::steady_clock::now();
  QuantizeReport report = run(request, progress, true);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace nybble
