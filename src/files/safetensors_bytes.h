// For tests: safetensors files made by hand, so that they can be wrong in any way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nybble::files {

// The header as text, and n bytes of data.
inline std::string safetensors_bytes(std::string_view header, std::size_t n) {
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  bytes.append(n, '\x11');
  return bytes;
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace nybble::files
