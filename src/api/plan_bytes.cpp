#include "api/plan_bytes.h"

#include "api/quantize_plan.h"
#include "files/gguf.h"
#include "tensor/tensor.h"

namespace nybble::api {
namespace {

std::uint64_t file_bytes_of(const PlanSubject& subject, const quantize::Recipe& recipe,
                            const std::vector<FormatId>& formats) {
  std::vector<files::TensorPlan> tensors;
  for (std::size_t i = 0; i < formats.size(); ++i)
    tensors.push_back({subject.tensors[i].name, formats[i], subject.tensors[i].shape});
  files::Metadata metadata = subject.metadata;
  if (recipe.file_type >= 0)
    metadata.set("general.file_type", static_cast<std::uint32_t>(recipe.file_type));
  metadata.set("general.quantization_version", std::uint32_t{2});
  return files::gguf_file_bytes(metadata, tensors) + subject.unknown_bytes;
}

}  // namespace

std::uint64_t TypedModel::tensor_bytes(std::size_t i) const {
  const Shape& shape = subject->tensors[i].shape;
  return static_cast<std::uint64_t>(shape.rows()) * row_bytes(formats[i], shape.cols());
}

TypedModel with_recipe(const PlanSubject& subject, const std::string& name) {
  const quantize::Recipe& recipe = recipe_named(name);
  TypedModel model{&subject, recipe.name(), {}};
  for (const quantize::TypeChoice& choice :
       quantize::choose_types(recipe, subject.facts(), subject.tensors))
    model.formats.push_back(choice.format);
  model.file_bytes = file_bytes_of(subject, recipe, model.formats);
  return model;
}

TypedModel as_stored(const PlanSubject& subject) {
  return {&subject, subject.stored_type + " (as it is)", subject.stored, subject.stored_file_bytes};
}

}  // namespace nybble::api
