// What reader and writer of GGUF share: numbers that are stored in files. Do not change them.
// Source: docs/gguf.md of ggml-org/ggml.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "files/metadata.h"

namespace nybble::files {

inline constexpr std::string_view gguf_magic = "GGUF";
inline constexpr std::uint64_t gguf_default_alignment = 32;
inline constexpr std::string_view alignment_key = "general.alignment";

// ggml takes any power of two, the specification multiples of 8.
constexpr bool is_gguf_alignment(std::uint64_t alignment) {
  return std::has_single_bit(alignment) && alignment >= 8 && alignment <= 0x80000000u;
}

// Of split files: number of the shard from 0, number of shards, number of tensors in all of them.
inline constexpr std::string_view split_number_key = "split.no";
inline constexpr std::string_view split_count_key = "split.count";
inline constexpr std::string_view split_tensors_key = "split.tensors.count";
inline constexpr std::uint32_t gguf_max_rank = 4;
inline constexpr std::size_t gguf_max_key_bytes = 65535;

// The number of a value type is its place here.
using GgufValueTypes =
    std::tuple<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
               float, bool, std::string, MetadataArray, std::uint64_t, std::int64_t, double>;
inline constexpr std::size_t n_gguf_value_types = std::tuple_size_v<GgufValueTypes>;

template <class T, std::size_t i = 0>
constexpr std::uint32_t gguf_value_type() {
  if constexpr (std::is_same_v<T, std::tuple_element_t<i, GgufValueTypes>>) {
    return i;
  } else {
    return gguf_value_type<T, i + 1>();
  }
}

}  // namespace nybble::files
