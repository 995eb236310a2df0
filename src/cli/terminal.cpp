#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace nybble::cli {
namespace {

bool has_colours(std::FILE* stream) {
  const char* no_color =
      std::getenv("NO_COLOR");  // any value but the empty one, as no-color.org says
  const char* term = std::getenv("TERM");
  return is_terminal(stream) && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return isatty(fileno(stream)) == 1;
}

bool is_interactive() {
  return is_terminal(stdin) && is_terminal(stdout);
}

int terminal_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string dim(std::string_view text, std::FILE* stream) {
  return has_colours(stream) ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}

std::string bold(std::string_view text, std::FILE* stream) {
  return has_colours(stream) ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

void notice(std::string_view sentence) {
  std::fflush(stdout);
  fmt::print(stderr, "nybble: {}\n", sentence);
}

}  // namespace nybble::cli
