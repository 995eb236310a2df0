// What the program may assume of the streams it writes to: a terminal or not, colours, width.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace nybble::cli {

bool is_terminal(std::FILE* stream);
// Chat and questions need a terminal on both sides; otherwise nothing is ever asked.
bool is_interactive();
// Columns of the terminal; 80 when unknown.
int terminal_width();
// Faint or bold text when `stream` is a terminal and NO_COLOR is unset, plain text otherwise.
std::string dim(std::string_view text, std::FILE* stream);
std::string bold(std::string_view text, std::FILE* stream);
// One line on stderr, "nybble: ...".
void notice(std::string_view sentence);

}  // namespace nybble::cli
