// Numbers as people read them: bytes, counts, durations, shapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::cli {

std::string show_bytes(std::uint64_t bytes);                     // "98.1 MiB"
std::string show_mebibytes(std::uint64_t bytes);                 // "98.10", for columns of one unit
std::string show_count(std::uint64_t n);                         // "5.77 M"
std::string show_seconds(double seconds);                        // "0.8 s", "3:05", "1:02:03"
std::string show_shape(const std::vector<std::int64_t>& shape);  // "576 x 1536"
// "2G", "500M", "1024K" (powers of 1000, as gguf-split counts) to bytes. Throws Error.
std::uint64_t parse_size(std::string_view text, std::string_view option);
// "300k", "5M", "1200" (powers of 1000, in any case). Throws Error.
std::uint64_t parse_count(std::string_view text, std::string_view option);

}  // namespace nybble::cli
