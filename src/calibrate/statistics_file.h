// Statistics as files: the importance matrices of llama.cpp in both their forms, and our own, which
// is a GGUF importance matrix that also holds second moments. Format page: docs/formats/imatrix.md
#pragma once

#include <filesystem>
#include <span>

#include "calibrate/statistics.h"

namespace nybble::calibrate {

// Whether the file begins like a GGUF. Anything else that is no text is taken for the older form.
// Throws Error(corrupt_file) with place, expected and found.
Statistics read_statistics(const std::filesystem::path& path);
// The older form (.dat): names, calls and values without a header.
Statistics parse_legacy_imatrix(std::span<const std::byte> bytes, const std::string& where);

// llama.cpp reads it as an importance matrix. with_moments: also what methods with error feedback
// need, which takes 8 * cols^2 bytes an input.
void write_statistics(const Statistics& statistics, const std::filesystem::path& path,
                      bool with_moments, bool replace);

}  // namespace nybble::calibrate
