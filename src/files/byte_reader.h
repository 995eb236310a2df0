// A cursor over hostile bytes: every read is checked against what is left.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"

namespace nybble::files {

static_assert(std::endian::native == std::endian::little, "files are read as they stand in memory");

class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view where)
      : bytes_(bytes), where_(where) {}

  std::uint64_t offset() const { return offset_; }
  std::uint64_t remaining() const { return bytes_.size() - offset_; }
  std::string_view where() const { return where_; }
  // What is being read, for messages.
  void set_subject(std::string subject) { subject_ = std::move(subject); }
  const std::string& subject() const { return subject_; }

  // Throws Error(corrupt_file) when fewer than n bytes are left.
  std::span<const std::byte> take(std::uint64_t n) {
    if (n > remaining()) {
      fail(ErrorKind::corrupt_file,
           "{}: {} needs {} bytes at byte {}, but only {} are left: the file is truncated or "
           "damaged",
           where_, subject_, n, offset_, remaining());
    }
    const auto taken =
        bytes_.subspan(static_cast<std::size_t>(offset_), static_cast<std::size_t>(n));
    offset_ += n;
    return taken;
  }

  template <class T>
  requires std::is_arithmetic_v<T> T read() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view read_text(std::uint64_t n) {
    const auto taken = take(n);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  // A count of things that take at least min_bytes each: more than can follow is an error, before
  // anything is allocated.
  void check_count(std::uint64_t count, std::uint64_t min_bytes, std::string_view things) const {
    if (count > remaining() / min_bytes) {
      fail(ErrorKind::corrupt_file,
           "{}: {} announces {} {}, but only {} bytes are left: the file is truncated or damaged",
           where_, subject_, count, things, remaining());
    }
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view where_;
  std::string subject_ = "the header";
  std::uint64_t offset_ = 0;
};

}  // namespace nybble::files
