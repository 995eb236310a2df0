// A model loaded for one way to compute.
#pragma once

#include "nybble/compute.h"
#include "runtime/session.h"

namespace nybble {

// Throws Error, also for a type that the cache cannot have.
std::shared_ptr<const runtime::LoadedModel> load_model(const models::ModelSource& source,
                                                       Compute compute, int threads,
                                                       const CacheTypes& cache_types = {},
                                                       bool repack = true);

}  // namespace nybble
