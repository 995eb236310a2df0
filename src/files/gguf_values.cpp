#include "files/gguf_values.h"

#include <array>
#include <utility>

#include "base/utf8.h"
#include "files/gguf_layout.h"

namespace nybble::files {
namespace {

std::uint64_t length_bytes(int version) {
  return version == 1 ? 4 : 8;
}

std::string_view read_string(ByteReader& reader, int version) {
  return reader.read_text(read_gguf_length(reader, version));
}

template <class T>
T read_scalar(ByteReader& reader, int version) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(read_string(reader, version));
  } else if constexpr (std::is_same_v<T, bool>) {
    return reader.read<std::uint8_t>() != 0;
  } else {
    return reader.read<T>();
  }
}

template <class T>
MetadataArray read_elements(ByteReader& reader, int version, std::uint64_t n) {
  constexpr bool is_string = std::is_same_v<T, std::string>;
  reader.check_count(n, is_string ? length_bytes(version) : sizeof(T), "elements");
  std::vector<T> values;
  if constexpr (is_string || std::is_same_v<T, bool>) {
    values.reserve(static_cast<std::size_t>(n));
    for (std::uint64_t i = 0; i < n; ++i) values.push_back(read_scalar<T>(reader, version));
  } else {
    values.resize(static_cast<std::size_t>(n));
    const auto bytes = reader.take(n * sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  }
  return values;
}

struct ValueType {
  MetadataValue (*read)(ByteReader& reader, int version) = nullptr;
  MetadataArray (*read_elements)(ByteReader& reader, int version, std::uint64_t n) = nullptr;
};

template <class T>
constexpr ValueType describe() {
  if constexpr (std::is_same_v<T, MetadataArray>)
    return {};
  else
    return {[](ByteReader& reader, int version) -> MetadataValue {
              return read_scalar<T>(reader, version);
            },
            read_elements<T>};
}

template <std::size_t... i>
constexpr std::array<ValueType, sizeof...(i)> describe_all(std::index_sequence<i...>) {
  return {describe<std::tuple_element_t<i, GgufValueTypes>>()...};
}

constexpr auto value_types = describe_all(std::make_index_sequence<n_gguf_value_types>{});
constexpr std::uint32_t array_type = gguf_value_type<MetadataArray>();

[[noreturn]] void fail_type(const ByteReader& reader, std::uint32_t type) {
  fail(ErrorKind::corrupt_file, "{}: {} has the value type {}, expected 0 to {}", reader.where(),
       reader.subject(), type, n_gguf_value_types - 1);
}

MetadataArray read_array(ByteReader& reader, int version) {
  const auto type = reader.read<std::uint32_t>();
  if (type == array_type) {
    fail(ErrorKind::unsupported,
         "{}: {} is an array of arrays; nybble reads arrays of numbers, bools and strings",
         reader.where(), reader.subject());
  }
  if (type >= value_types.size()) fail_type(reader, type);
  const std::uint64_t n = read_gguf_length(reader, version);
  return value_types[type].read_elements(reader, version, n);
}

MetadataValue read_value(ByteReader& reader, int version) {
  const auto type = reader.read<std::uint32_t>();
  if (type == array_type) return read_array(reader, version);
  if (type >= value_types.size()) fail_type(reader, type);
  return value_types[type].read(reader, version);
}

}  // namespace

std::uint64_t read_gguf_length(ByteReader& reader, int version) {
  return version == 1 ? reader.read<std::uint32_t>() : reader.read<std::uint64_t>();
}

std::string read_gguf_name(ByteReader& reader, int version, std::string_view kind,
                           std::size_t max_bytes) {
  const std::string_view name = read_string(reader, version);
  if (name.empty() || name.size() > max_bytes || !is_printable_name(name)) {
    fail(ErrorKind::corrupt_file,
         "{}: {} has the name '{}' of {} bytes, expected 1 to {} bytes of UTF-8 without control "
         "characters",
         reader.where(), kind, printable(name), name.size(), max_bytes);
  }
  return std::string(name);
}

Metadata read_gguf_metadata(ByteReader& reader, int version, std::uint64_t n) {
  Metadata metadata{std::string(reader.where())};
  // A key, the number of its type and a value of one byte.
  reader.check_count(n, length_bytes(version) + 6, "key-values");
  for (std::uint64_t i = 0; i < n; ++i) {
    reader.set_subject(fmt::format("key-value {} of {}", i + 1, n));
    const std::string key = read_gguf_name(reader, version, reader.subject(), gguf_max_key_bytes);
    if (metadata.find(key) != nullptr) {
      fail(ErrorKind::corrupt_file, "{}: expected each key once, found '{}' twice", reader.where(),
           key);
    }
    reader.set_subject(fmt::format("key '{}'", key));
    metadata.set(key, read_value(reader, version));
  }
  return metadata;
}

}  // namespace nybble::files
