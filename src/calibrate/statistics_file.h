// Statistics as files: the importance matrices of llama.cpp in both their forms, and our own, which
// is a GGUF importance matrix that also holds second moments. Format page: docs/formats/imatrix.md
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/statistics.h"
#include "files/checkpoint.h"

namespace nybble::calibrate {

// What a file of statistics has, or will have, of one input.
struct InputEntry {
  std::vector<std::string> weights;  // that read it
  int cols = 0;
  bool has_moments = false;
};

// A file whose numbers are read, and checked, when they are asked for: one input in memory at a
// time.
class StatisticsFile {
 public:
  // Whether the file begins like a GGUF. Anything else that is no text is taken for the older form.
  // Throws Error(corrupt_file) with place, expected and found.
  explicit StatisticsFile(const std::filesystem::path& path);

  const Provenance& provenance() const { return provenance_; }
  std::span<const InputEntry> inputs() const { return inputs_; }
  // nullopt when no input of this weight was seen. Throws Error(corrupt_file).
  std::optional<InputStatistics> find(std::string_view weight) const;
  // The i-th input.
  InputStatistics read(std::size_t i) const;

 private:
  void list_inputs();

  std::string where_;
  files::Checkpoint file_;  // of a GGUF
  Statistics legacy_;       // of the older form, which is small
  Provenance provenance_;
  std::vector<InputEntry> inputs_;
};

// All of it.
Statistics read_statistics(const std::filesystem::path& path);
// The older form (.dat): names, calls and values without a header.
Statistics parse_legacy_imatrix(std::span<const std::byte> bytes, const std::string& where);

}  // namespace nybble::calibrate
