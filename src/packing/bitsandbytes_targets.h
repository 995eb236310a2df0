// The two layouts of bitsandbytes that are written, and what they share.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "packing/target.h"

namespace nybble::packing {

// "nf4", "fp4"; with "-dq" scales are quantized, too. nullptr: no such layout.
std::unique_ptr<Target> make_4bit_target(std::string_view options);
std::unique_ptr<Target> make_int8_target();

// The quantization_config that transformers reads; the keys that begin with '_' are those it writes
// itself.
OrderedJson bitsandbytes_config(bool is_4bit, std::span<const std::string> kept);

template <class T>
std::span<const std::byte> bytes_of(const T& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace nybble::packing
