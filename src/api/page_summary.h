// The table of a comparison: a row per model.
#pragma once

#include <string>
#include <vector>

#include "api/page_models.h"

namespace nybble::api {

// Smallest model first; the reference stands below.
std::string summary_table(const std::vector<PageModel>& models, const Measurement& reference);

}  // namespace nybble::api
