#include "cli/quantity.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "nybble/error.h"

namespace nybble::cli {

std::string show_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  for (const char* unit : {"KiB", "MiB", "GiB"}) {
    // 1023.95 would round up to "1024.0".
    if (value < 1023.95) return fmt::format("{:.1f} {}", value, unit);
    value /= 1024;
  }
  return fmt::format("{:.1f} TiB", value);
}

std::string show_mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.2f}", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

std::string show_count(std::uint64_t n) {
  if (n < 10000) return fmt::format("{}", n);
  double value = static_cast<double>(n) / 1e3;
  for (const char* unit : {"k", "M"}) {
    if (value < 999.5) return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : 1, unit);
    value /= 1e3;
  }
  return fmt::format("{:.2f} B", value);
}

std::string show_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::lround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string show_shape(const std::vector<std::int64_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

namespace {

// A number with one of the units K, M, G behind it, powers of 1000; 0 when it is none.
std::uint64_t parse_with_unit(std::string_view text, bool any_case) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(text.substr(static_cast<std::size_t>(end - text.data())));
  if (any_case && unit.size() == 1)
    unit[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
  double factor = 1;
  for (const char* known : {"", "K", "M", "G"}) {
    const double n = value * factor;
    if (problem == std::errc() && n >= 1 && n < 1e18 && unit == known)
      return static_cast<std::uint64_t>(n);
    factor *= 1000;
  }
  return 0;
}

}  // namespace

std::uint64_t parse_size(std::string_view text, std::string_view option) {
  if (const std::uint64_t bytes = parse_with_unit(text, false)) return bytes;
  throw Error(ErrorKind::invalid_input,
              fmt::format("{}: expected a size such as 500M or 2G, found \"{}\"", option, text));
}

std::uint64_t parse_count(std::string_view text, std::string_view option) {
  if (const std::uint64_t n = parse_with_unit(text, true)) return n;
  throw Error(ErrorKind::invalid_input,
              fmt::format("{}: expected a number such as 300k or 5M, found \"{}\"", option, text));
}

}  // namespace nybble::cli
