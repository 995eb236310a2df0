// What a recipe makes of a planned model: the type of every tensor, and the bytes of the file.
#pragma once

#include <string>
#include <vector>

#include "api/plan_subject.h"

namespace nybble::api {

struct TypedModel {
  const PlanSubject* subject = nullptr;
  std::string type;               // "Q4_K_M"
  std::vector<FormatId> formats;  // of each tensor of the subject
  std::uint64_t file_bytes = 0;

  std::uint64_t tensor_bytes(std::size_t i) const;
};

// By the recipe, as `quantize` does with statistics. Throws Error(invalid_input) for a recipe that
// nybble does not know.
TypedModel with_recipe(const PlanSubject& subject, const std::string& recipe);
// As the file of the subject is.
TypedModel as_stored(const PlanSubject& subject);

}  // namespace nybble::api
