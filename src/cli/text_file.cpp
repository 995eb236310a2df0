#include "cli/text_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "nybble/error.h"

namespace nybble::cli {

std::string read_text(const std::string& path) {
  const bool is_stdin = path == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      is_stdin ? nullptr : std::fopen(path.c_str(), "rb"),
      [](std::FILE* file) { return std::fclose(file); });
  std::FILE* file = is_stdin ? stdin : opened.get();
  std::string text;
  char buffer[65536];
  while (file != nullptr) {
    const std::size_t n = std::fread(buffer, 1, sizeof buffer, file);
    text.append(buffer, n);
    if (n < sizeof buffer) break;
  }
  if (file == nullptr || std::ferror(file) != 0) {
    throw Error(ErrorKind::io,
                fmt::format("{}: cannot be read: {}", is_stdin ? "standard input" : path,
                            std::strerror(errno)));
  }
  return text;
}

std::string unescape(std::string_view text) {
  constexpr std::string_view letters = "ntr\\\"'";
  constexpr std::string_view meanings = "\n\t\r\\\"'";
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t which =
        text[i] == '\\' && i + 1 < text.size() ? letters.find(text[i + 1]) : std::string_view::npos;
    if (which == std::string_view::npos) {
      plain += text[i];
    } else {
      plain += meanings[which];
      ++i;
    }
  }
  return plain;
}

}  // namespace nybble::cli
