// What reader and writer of safetensors share.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace nybble::files {

// dtype names that stand in files; nybble's formats bear the same names.
// Source: safetensors/src/tensor.rs of huggingface/safetensors.
inline constexpr std::array<std::string_view, 15> safetensors_dtypes = {
    "F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "I32",
    "I16", "I8",  "U64", "U32",  "U16",     "U8",      "BOOL"};

constexpr bool is_safetensors_dtype(std::string_view name) {
  return std::find(safetensors_dtypes.begin(), safetensors_dtypes.end(), name) !=
         safetensors_dtypes.end();
}

// The header's length stands first, in 8 bytes; the limit is that of the safetensors library.
inline constexpr std::uint64_t safetensors_length_bytes = 8;
inline constexpr std::uint64_t safetensors_max_header = 100'000'000;
inline constexpr std::string_view safetensors_metadata_key = "__metadata__";
inline constexpr std::string_view safetensors_index_name = "model.safetensors.index.json";
inline constexpr std::string_view safetensors_file_name = "model.safetensors";

// What transformers writes by default.
inline constexpr std::uint64_t safetensors_default_shard = 5'000'000'000;

}  // namespace nybble::files
