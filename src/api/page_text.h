// Texts and numbers as they stand in an HTML page: escaped, and never NaN.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nybble/evaluate.h"

namespace nybble::api {

// What stands where there is no number.
inline constexpr std::string_view no_number = "\u2013";

// For an element or a quoted attribute. Malformed bytes become U+FFFD, control characters their
// pictures (U+2400 and on), so nothing of a hostile text is markup or vanishes.
std::string escape_html(std::string_view text);

// A name that may break into lines after each '-' and '/'.
std::string breakable_html(std::string_view name);

// For running text of an element: also a mark for each newline and tab.
std::string passage_html(std::string_view text);

// For one token: also a mark for each space, which often is what tells two tokens apart.
std::string token_html(std::string_view text);

// With an ellipsis instead of the middle if there are more characters than that: of the names of
// models, start and end say most. Not escaped.
std::string clip_text(std::string_view text, std::size_t max_characters);

std::size_t count_characters(std::string_view text);

// That many digits from the first that is not 0: 0.00268, 35.09, 1.2e-7; an en dash for NaN.
std::string significant(double value, int digits);

// That many decimals; an en dash for NaN.
std::string decimals(double value, int digits);

// "30,100".
std::string grouped(std::uint64_t count);

// 10 to that power with a raised exponent.
std::string power_of_ten(int exponent);

// "1,234.5": millions of bytes, the unit of the page.
std::string megabytes_text(std::uint64_t bytes);

// Both bounds are numbers.
bool has_interval(const Estimate& estimate);

}  // namespace nybble::api
