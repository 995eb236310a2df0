// What GGUF's own keys cannot say of a tokenizer, in keys of nybble's: JSON in the words of
// tokenizer.json.
#pragma once

#include "files/metadata.h"
#include "text/tokenizer_rules.h"

namespace nybble::text {

// Lets the keys of nybble's that the file has replace what was read from GGUF's. Throws
// Error(corrupt_file).
void apply_gguf_extras(const files::Metadata& metadata, Tokenizer::Rules& rules);

// Writes a key of nybble's for each part in which `read`, the rules as GGUF's own keys give them,
// is not `meant`.
void write_gguf_extras(const Tokenizer::Rules& meant, const Tokenizer::Rules& read,
                       files::Metadata& metadata);

}  // namespace nybble::text
