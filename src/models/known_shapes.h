// Shapes of well-known models, for planning without any of their files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "models/decoder_config.h"

namespace nybble::models {

struct KnownShape {
  std::string_view name;     // "llama-3.1-8b"
  std::string_view aliases;  // "8b llama-3-8b", separated by spaces
  std::string_view architecture;
  int layers, dim, heads, kv_heads, head_dim, hidden, vocab, context;
  bool tied = false;
  bool has_rope_factors = false;  // its GGUF holds a list of half a head's length
  // Of the tokenizer in a GGUF's metadata.
  std::uint64_t tokenizer_bytes;

  DecoderConfig config() const;
};

// Sorted by family and size. Source: config.json in the repository of each model's publisher.
std::span<const KnownShape> known_shapes();
// By name or alias, case-insensitive; nullptr when there is none.
const KnownShape* find_known_shape(std::string_view name);
// "llama-2-7b, llama-2-13b, ...": for messages.
std::string known_shape_names();

}  // namespace nybble::models
