// The tokens at which models went astray, in their context.
#pragma once

#include <string>
#include <vector>

#include "api/page_models.h"

namespace nybble::api {

// A list to unfold per model; nothing when there are no such tokens.
std::string worst_tokens(const std::vector<PageModel>& models);

}  // namespace nybble::api
