// For tests: GGUF files made byte by byte, so that they can be wrong in any way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace nybble::files {

class GgufBytes {
 public:
  // The header, for the given numbers of tensors and key-values.
  GgufBytes(std::uint32_t version, std::uint64_t n_tensors, std::uint64_t n_values)
      : version_(version) {
    raw("GGUF").add(version).length(n_tensors).length(n_values);
  }

  GgufBytes& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  template <class T>
  requires std::is_arithmetic_v<T> GgufBytes& add(T value) {
    return raw({reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  // 32 bits in version 1.
  GgufBytes& length(std::uint64_t n) {
    return version_ == 1 ? add(static_cast<std::uint32_t>(n)) : add(n);
  }
  GgufBytes& text(std::string_view text) { return length(text.size()).raw(text); }
  // A key and the number of the type of its value; the value follows.
  GgufBytes& key(std::string_view name, std::uint32_t type) { return text(name).add(type); }
  GgufBytes& tensor(std::string_view name, std::initializer_list<std::uint64_t> dims,
                    std::uint32_t type, std::uint64_t offset) {
    text(name).add(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t dim : dims) length(dim);
    return add(type).add(offset);
  }
  // Zeros up to a multiple of the alignment, then n bytes of data.
  GgufBytes& data(std::size_t n, std::size_t alignment = 32) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    bytes_.append(n, '\x11');
    return *this;
  }

  std::string& content() { return bytes_; }
  std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(bytes_.data(), bytes_.size()));
  }

 private:
  std::uint32_t version_;
  std::string bytes_;
};

}  // namespace nybble::files
