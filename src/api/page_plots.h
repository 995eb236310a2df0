// The plots of a comparison, as HTML with SVG inside.
#pragma once

#include <string>
#include <vector>

#include "api/page_models.h"

namespace nybble::api {

// Mean divergence by size, and the front of the models that no other beats in both.
std::string pareto_plot(const std::vector<PageModel>& models, const DivergenceFloor& floor);

// Mean divergence by the number of tokens before.
std::string position_plot(const std::vector<PageModel>& models);

// How many tokens diverge how much.
std::string histogram_plot(const std::vector<PageModel>& models);

}  // namespace nybble::api
