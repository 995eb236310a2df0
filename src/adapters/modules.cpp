#include "adapters/modules.h"

namespace nybble::adapters {

std::vector<Module> modules_of(const models::ModelSource& source) {
  constexpr std::string_view suffix = ".weight";
  std::vector<Module> modules;
  for (models::HfTensor& tensor : models::describe_for_hf(source).tensors) {
    const std::string& name = tensor.source->name;
    if (tensor.source->shape.rank() != 2 || !name.ends_with(suffix) || name == "token_embd.weight")
      continue;
    modules.push_back({tensor.name.substr(0, tensor.name.size() - suffix.size()),
                       name.substr(0, name.size() - suffix.size()), std::move(tensor)});
  }
  return modules;
}

}  // namespace nybble::adapters
