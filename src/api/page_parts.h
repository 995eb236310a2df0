// What pages are put together from. Everything is HTML already but titles of pages.
#pragma once

#include <string>
#include <string_view>

namespace nybble::api {

// A line of a <dl>.
std::string fact(std::string_view name, std::string_view value);

// A section without content has no heading either.
std::string section(std::string_view title, std::string_view explanation,
                    const std::string& content);

// A whole file, with the style sheet inside.
std::string whole_page(std::string_view title, std::string_view body);

}  // namespace nybble::api
