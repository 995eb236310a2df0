#include "api/load_model.h"

#include "models/int8_linears.h"

namespace nybble {

std::shared_ptr<const runtime::LoadedModel> load_model(const models::ModelSource& source,
                                                       Compute compute,
                                                       runtime::LoadOptions options) {
  options.activations_as_stored = compute == Compute::run || compute == Compute::llm_int8;
  if (compute == Compute::run || compute == Compute::int8)
    options.activations = Activations::int8_blocks;
  if (compute != Compute::llm_int8)
    return std::make_shared<const runtime::LoadedModel>(source, options);
  return std::make_shared<const runtime::LoadedModel>(models::with_int8_linears(source), options);
}

}  // namespace nybble
