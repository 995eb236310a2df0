// The formats at run time: one table made from the list of all.h, looked up by name or by GGUF
// number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace nybble {

// A format's place in the list. It is never stored in files.
enum class FormatId : std::uint8_t {};

namespace formats {

struct FormatInfo {
  FormatId id;
  std::string_view name;
  int gguf_type;  // -1: not in GGUF
  int block_len;  // values a block
  int block_bytes;
  double bits_per_weight;
  // Decodes n blocks to n * block_len floats.
  void (*decode)(const std::byte* blocks, std::size_t n, float* out);
  // Encodes n blocks from n * block_len floats; importance as in Encodable, of the same length or
  // nullptr. nullptr when nybble does not write the format.
  void (*encode)(const float* x, const float* importance, std::size_t n, std::byte* blocks);
  // The same with plain scales; nullptr when the format has none.
  void (*encode_plain)(const float* x, std::size_t n, std::byte* blocks);
  // Encodes with given scales [n]; nullptr when the format does not take them.
  void (*encode_at)(const float* x, const float* scales, std::size_t n, std::byte* blocks);
  // The scales [n] of n blocks; nullptr like encode_at.
  void (*scales)(const std::byte* blocks, std::size_t n, float* scales);
};

// All formats in the order of the list.
std::span<const FormatInfo> all();
const FormatInfo& info(FormatId id);
// Case-insensitive.
std::optional<FormatId> find_by_name(std::string_view name);
std::optional<FormatId> find_by_gguf_type(std::uint32_t type);

}  // namespace formats

// The id of F, known at compile time: id_of<formats::F32>().
template <class F>
constexpr FormatId id_of();

}  // namespace nybble

#include "formats/registry_inline.h"
