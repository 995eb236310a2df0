#include "evaluate/windows.h"

#include <algorithm>

#include "base/error.h"

namespace nybble::evaluate {
namespace {

void check_length(std::size_t n_tokens, std::size_t window) {
  if (n_tokens >= window) return;
  fail(ErrorKind::invalid_input,
       "the text has {} tokens, expected at least one window of {}; give a longer text or a "
       "smaller -c",
       n_tokens, window);
}

void keep_first(std::vector<Window>& windows, int max_windows) {
  if (max_windows > 0 && windows.size() > static_cast<std::size_t>(max_windows))
    windows.resize(static_cast<std::size_t>(max_windows));
}

}  // namespace

std::vector<Window> full_windows(std::size_t n_tokens, const WindowOptions& options,
                                 bool with_start) {
  const std::size_t size = static_cast<std::size_t>(options.context) - (with_start ? 1 : 0);
  const std::size_t stride = size / 2;
  check_length(n_tokens + (with_start ? 1 : 0), static_cast<std::size_t>(options.context));
  std::vector<Window> windows;
  std::size_t scored = with_start ? 0 : 1;
  for (std::size_t begin = 0; scored < n_tokens; begin += stride) {
    begin = std::min(begin, n_tokens - size);
    windows.push_back({begin, begin + size, scored});
    scored = begin + size;
  }
  keep_first(windows, options.max_windows);
  return windows;
}

std::vector<Window> halved_windows(std::size_t n_tokens, const WindowOptions& options) {
  const auto size = static_cast<std::size_t>(options.context);
  check_length(n_tokens, size);
  std::vector<Window> windows;
  for (std::size_t begin = 0; begin + size <= n_tokens; begin += size)
    windows.push_back({begin, begin + size, begin + size / 2 + 1});
  keep_first(windows, options.max_windows);
  return windows;
}

}  // namespace nybble::evaluate
