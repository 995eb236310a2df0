// The style sheet of a comparison page.
#pragma once

#include <string_view>

namespace nybble::api {

extern const std::string_view page_style;

}  // namespace nybble::api
