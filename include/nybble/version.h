// Which nybble this is.
#pragma once

#include <string>

namespace nybble {

std::string version();  // "0.1.0"

}  // namespace nybble
