// Whole text files for the verbs: read once, "-" is standard input.
#pragma once

#include <string>
#include <string_view>

namespace nybble::cli {

// Throws Error(io) with the reason of the system.
std::string read_text(const std::string& path);
// `text` with \n, \t, \r, \\, \" and \' replaced by what they mean.
std::string unescape(std::string_view text);

}  // namespace nybble::cli
