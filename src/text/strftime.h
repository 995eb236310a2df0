// Times as text, in the C locale, the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nybble::text {

// Python's datetime.strftime for a time without zone. now: seconds since 1970, read as UTC.
// Directives that are not known stay as they are.
std::string format_time(std::string_view format, std::int64_t now);

}  // namespace nybble::text
