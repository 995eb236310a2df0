#include "api/packed_directory.h"

#include "api/directory_output.h"
#include "models/decoder_tensors.h"

namespace nybble {
std::vector<OutputTensor> packed_tensors(const models::ModelSource& source,
                                         const Choices& choices) {
  std::vector<OutputTensor> tensors;
  for (const models::HfTensor& tensor : models::describe_for_hf(source).tensors) {
    const FormatId format = type_of(*tensor.source, source, choices.types);
    const bool is_packed = format == choices.layout->format();
    tensors.push_back({tensor, format, is_packed ? choices.layout.get() : nullptr});
  }
  return tensors;
}

exports::ExportPlan plan_packed_directory(const OpenedModel& model, const Choices& choices) {
  const models::HfModel hf = models::describe_for_hf(model.source);
  std::vector<std::string> kept;
  for (const OutputTensor& output : packed_tensors(model.source, choices)) {
    const Shape& shape = output.tensor.source->shape;
    const bool is_embedding = output.tensor.source->name == "token_embd.weight";
    if (output.layout == nullptr && shape.rank() == 2 && !is_embedding)
      kept.emplace_back(output.module());
  }
  if (model.source.config.tied) kept.emplace_back("lm_head");
  exports::ExportPlan plan = begin_directory(model);
  OrderedJson config = hf.config;
  choices.layout->describe(kept, config, plan.texts);
  set_config(std::move(config),
             type_of(*model.source.find("token_embd.weight"), model.source, choices.types), plan);
  return plan;
}

}  // namespace nybble
