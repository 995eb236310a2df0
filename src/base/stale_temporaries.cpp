#include "base/stale_temporaries.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

namespace nybble {
namespace {

// A number that another process took meanwhile keeps the file, which does no harm.
bool is_running(int process) {
  return ::kill(process, 0) == 0 || errno != ESRCH;
}

// ".<name>.partial-<process>..."
bool is_stale(std::string_view file, const std::function<bool(std::string_view name)>& is_ours) {
  constexpr std::string_view mark = ".partial-";
  const std::size_t end = file.find(mark);
  if (!file.starts_with('.') || end == std::string_view::npos) return false;
  const std::size_t begin = file.find_first_not_of('.');
  if (begin >= end || !is_ours(file.substr(begin, end - begin))) return false;
  int process = 0;
  const char* digits = file.data() + end + mark.size();
  const auto parsed = std::from_chars(digits, file.data() + file.size(), process);
  return parsed.ec == std::errc() && process > 0 && !is_running(process);
}

}  // namespace

void remove_stale_temporaries(const std::filesystem::path& folder,
                              const std::function<bool(std::string_view name)>& is_ours) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (is_stale(entry.path().filename().string(), is_ours))
      std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace nybble
