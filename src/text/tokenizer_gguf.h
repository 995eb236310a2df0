// Tokenizer rules from the keys of a GGUF file (tokenizer.ggml.*). Source of the keys: the GGUF
// specification; of what they mean where it is silent: llama.cpp, src/llama-vocab.cpp.
#pragma once

#include "files/metadata.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {

// Throws Error(corrupt_file) naming the key, Error(unsupported) naming an unknown tokenizer model.
Tokenizer::Rules rules_from_gguf(const files::Metadata& metadata);

// Keys of nybble's own, JSON as in tokenizer.json, written where the keys of GGUF do not say
// enough.
inline constexpr const char* kNormalizerKey = "nybble.tokenizer.normalizer";
inline constexpr const char* kPreTokenizerKey = "nybble.tokenizer.pre_tokenizer";
inline constexpr const char* kDecoderKey = "nybble.tokenizer.decoder";
inline constexpr const char* kModelKey = "nybble.tokenizer.model";  // flags of the model
inline constexpr const char* kAddedTokensKey =
    "nybble.tokenizer.added_tokens";  // those with flags of their own
inline constexpr const char* kPrefixKey = "nybble.tokenizer.prefix";  // ids put before a text
inline constexpr const char* kSuffixKey = "nybble.tokenizer.suffix";

}  // namespace nybble::text
