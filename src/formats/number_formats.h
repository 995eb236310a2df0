// The other unquantized elements that files hold: F64, integers, booleans and 8-bit floats. They
// are read, never written.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/float8.h"
#include "formats/format.h"

namespace nybble::formats {

// Values are rounded to the nearest float, as a cast does.
template <class T>
struct PlainNumber {
  static constexpr int block_len = 1;
  using Block = T;
  static constexpr void decode(const Block& block, float* out) { *out = static_cast<float>(block); }
};

struct F64 : PlainNumber<double> {
  static constexpr std::string_view name = "F64";
  static constexpr int gguf_type = 28;
};

struct I8 : PlainNumber<std::int8_t> {
  static constexpr std::string_view name = "I8";
  static constexpr int gguf_type = 24;
};

struct I16 : PlainNumber<std::int16_t> {
  static constexpr std::string_view name = "I16";
  static constexpr int gguf_type = 25;
};

struct I32 : PlainNumber<std::int32_t> {
  static constexpr std::string_view name = "I32";
  static constexpr int gguf_type = 26;
};

struct I64 : PlainNumber<std::int64_t> {
  static constexpr std::string_view name = "I64";
  static constexpr int gguf_type = 27;
};

// The rest stands in safetensors only.
struct U8 : PlainNumber<std::uint8_t> {
  static constexpr std::string_view name = "U8";
  static constexpr int gguf_type = -1;
};

struct U16 : PlainNumber<std::uint16_t> {
  static constexpr std::string_view name = "U16";
  static constexpr int gguf_type = -1;
};

struct U32 : PlainNumber<std::uint32_t> {
  static constexpr std::string_view name = "U32";
  static constexpr int gguf_type = -1;
};

struct U64 : PlainNumber<std::uint64_t> {
  static constexpr std::string_view name = "U64";
  static constexpr int gguf_type = -1;
};

// One byte; everything but 0 is true.
struct Bool {
  static constexpr std::string_view name = "BOOL";
  static constexpr int gguf_type = -1, block_len = 1;
  using Block = std::uint8_t;
  static constexpr void decode(const Block& block, float* out) { *out = block == 0 ? 0.0f : 1.0f; }
};

struct F8_E4M3 {
  static constexpr std::string_view name = "F8_E4M3";
  static constexpr int gguf_type = -1, block_len = 1;
  using Block = Float8E4M3;
  static constexpr void decode(const Block& block, float* out) { *out = to_float(block); }
};

struct F8_E5M2 {
  static constexpr std::string_view name = "F8_E5M2";
  static constexpr int gguf_type = -1, block_len = 1;
  using Block = Float8E5M2;
  static constexpr void decode(const Block& block, float* out) { *out = to_float(block); }
};

}  // namespace nybble::formats
