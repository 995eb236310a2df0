// The errors of all tensors of all models, as maps of layer by role with one scale of colours.
#pragma once

#include <string>
#include <vector>

#include "api/page_models.h"

namespace nybble::api {

// HTML with one SVG for the scale and one per model; nothing when no model has tensors.
std::string heat_maps(const std::vector<PageModel>& models);

}  // namespace nybble::api
