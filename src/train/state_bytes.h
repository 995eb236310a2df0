// Numbers in the file of a course, in the order of the machine, with a sum over all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"

namespace nybble::train {

// FNV-1a over words of 8 bytes, the last filled with zeros (Fowler, Noll and Vo; RFC 9923).
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
      sum_ = (sum_ ^ word) * 0x100000001b3u;
      sum_ ^= sum_ >> 32;  // a multiplication alone carries nothing down
    }
  }
  std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_ = 0xcbf29ce484222325u;
};

class StateWriter {
 public:
  explicit StateWriter(AtomicFile& file) : file_(file) {}
  void begin(std::string_view magic, std::string_view key) {
    bytes(std::as_bytes(std::span(magic)));
    text(key);
  }
  void end() { number(checksum_.sum()); }
  void bytes(std::span<const std::byte> bytes) {
    file_.write(bytes);
    checksum_.add(bytes);
  }
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes(std::as_bytes(std::span(&value, 1)));
  }
  void text(std::string_view text) {
    number(std::uint64_t{text.size()});
    bytes(std::as_bytes(std::span(text)));
  }
  void floats(std::span<const float> values) {
    number(std::uint64_t{values.size()});
    bytes(std::as_bytes(values));
  }

 private:
  AtomicFile& file_;
  Checksum checksum_;
};

// Every length is compared with what is left of the file before it is used.
class StateReader {
 public:
  StateReader(std::span<const std::byte> bytes, const std::filesystem::path& path)
      : rest_(bytes), path_(path) {}

  [[noreturn]] void refuse(const std::string& what) const {
    fail(ErrorKind::corrupt_file,
         "{}: the state of a training, {}; remove it to begin the training anew", path_.string(),
         what);
  }
  // What begin() wrote.
  void begin(std::string_view magic, const std::string& key) {
    if (left() < magic.size() ||
        std::memcmp(bytes(magic.size(), "its name").data(), magic.data(), magic.size()) != 0)
      refuse("does not begin as one of this version does");
    if (const auto found = text("its key"); found != key)
      refuse("belongs to another model, other texts or other settings");
  }
  void end() {
    const std::uint64_t sum = checksum_.sum();
    if (number<std::uint64_t>("its sum") != sum) refuse("was changed: its sum differs");
    if (left() > 0) refuse(fmt::format("goes on for {} bytes", left()));
  }
  std::span<const std::byte> bytes(std::uint64_t n, std::string_view what) {
    if (n > rest_.size()) {
      refuse(fmt::format("expected {} bytes for {}, found {}", n, what, rest_.size()));
    }
    const auto found = rest_.first(static_cast<std::size_t>(n));
    rest_ = rest_.subspan(static_cast<std::size_t>(n));
    checksum_.add(found);
    return found;
  }
  template <class T>
  T number(std::string_view what) {
    T value;
    std::memcpy(&value, bytes(sizeof(T), what).data(), sizeof(T));
    return value;
  }
  std::string_view text(std::string_view what) {
    const auto found = bytes(number<std::uint64_t>(what), what);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }
  // `n` floats, all finite.
  std::vector<float> floats(std::size_t n, std::string_view what) {
    const auto stored = number<std::uint64_t>(what);
    if (stored != n) refuse(fmt::format("expected {} numbers for {}, found {}", n, what, stored));
    const auto found = bytes(std::uint64_t{n} * sizeof(float), what);
    std::vector<float> values(n);
    if (n > 0) std::memcpy(values.data(), found.data(), found.size());
    for (const float value : values) {
      if (!std::isfinite(value)) refuse(fmt::format("{} holds {}", what, value));
    }
    return values;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  const std::filesystem::path& path_;
  Checksum checksum_;
};

}  // namespace nybble::train
