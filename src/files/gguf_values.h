// Reading the key-values of a GGUF.
#pragma once

#include <cstdint>
#include <string>

#include "files/byte_reader.h"
#include "files/metadata.h"

namespace nybble::files {

// Lengths have 32 bits in version 1, 64 bits since.
std::uint64_t read_gguf_length(ByteReader& reader, int version);
// Throws Error(corrupt_file) when the name is empty, too long, or has characters that no name
// should have.
std::string read_gguf_name(ByteReader& reader, int version, std::string_view kind,
                           std::size_t max_bytes);
// Reads n pairs. Throws Error(corrupt_file).
Metadata read_gguf_metadata(ByteReader& reader, int version, std::uint64_t n);

}  // namespace nybble::files
