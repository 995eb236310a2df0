// Metadata values as text for people.
#pragma once

#include <string>

#include "files/metadata.h"

namespace nybble {

// Arrays: their length and first elements; long strings are shortened.
std::string describe_value(const files::MetadataValue& value);

}  // namespace nybble
