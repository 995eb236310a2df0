// Byte counts as people read them, for messages.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace nybble {

// "812 bytes", "4.1 MB", "1.25 GB": powers of ten, as disk tools and model pages give sizes.
inline std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  const double size = static_cast<double>(bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", size / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", size / 1e6);
  if (bytes < 10'000'000'000'000) return fmt::format("{:.2f} GB", size / 1e9);
  return fmt::format("{:.2f} TB", size / 1e12);
}

}  // namespace nybble
