// A model loaded for one way to compute.
#pragma once

#include "nybble/compute.h"
#include "runtime/session.h"

namespace nybble {

// options: threads and memory; the rest follows from the way to compute.
std::shared_ptr<const runtime::LoadedModel> load_model(const models::ModelSource& source,
                                                       Compute compute,
                                                       runtime::LoadOptions options);

}  // namespace nybble
