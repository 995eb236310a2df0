// Adapters and the models that they belong to.
#include <algorithm>
#include <utility>

#include "adapters/lora_adapter.h"
#include "base/error.h"

namespace nybble::adapters {

void attach(LoraAdapter adapter, models::ModelSource& model) {
  for (models::LowRank& part : adapter.parts) {
    const std::string name = part.linear + ".weight";
    const auto tensor = std::ranges::find(model.tensors, name, &models::SourceTensor::name);
    if (tensor == model.tensors.end())
      fail(ErrorKind::invalid_input, "the adapter has a part of '{}', the model has none", name);
    tensor->low_rank = std::make_shared<const models::LowRank>(std::move(part));
  }
}

void merge(models::ModelSource& model) {
  for (models::SourceTensor& tensor : model.tensors) tensor.is_merged = tensor.low_rank != nullptr;
}

}  // namespace nybble::adapters
