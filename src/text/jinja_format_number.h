// The digits of a number by Python's format types.
#pragma once

#include <string>
#include <string_view>

#include "text/jinja_sandbox.h"
#include "text/jinja_value.h"

namespace nybble::text::jinja {

struct NumberStyle {
  char type = '\0';      // d b o x X c n e E f F g G %; none: as str() would
  char sign = '\0';      // '+', ' ' or '-'
  char grouping = '\0';  // ',' or '_'
  int precision = -1;
  bool alternate = false;  // '#'
};

// "-", "+", " " and "0x" in front of the digits.
std::string number_prefix(Sandbox& sandbox, const NumberStyle& style, const Value& value);
// The digits without sign. least: pad with zeros, grouped as the digits are, up to that width.
std::string number_digits(Sandbox& sandbox, const NumberStyle& style, const Value& value,
                          Int least);

// Padding on both sides where the odd one goes to the right.
std::string center_evenly(Sandbox& sandbox, const Text& text, Int width, std::string_view fill);

}  // namespace nybble::text::jinja
