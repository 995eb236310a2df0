// Reading and rounding numbers as Python does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/jinja_value.h"

namespace nybble::text::jinja {

// Python's int(text, base) and float(text); nothing when Python raises an exception, or past 127
// bits.
std::optional<Int> parse_integer(std::string_view text, Int base);
std::optional<double> parse_real(std::string_view text);

// Python's round(value, places): correctly rounded, halves of the exact value to even.
double round_real(double value, Int places);
// The exact value with so many digits behind the point (fixed) or behind the first digit
// (scientific).
std::string fixed(double value, int places);
std::string scientific(double value, int places);

}  // namespace nybble::text::jinja
