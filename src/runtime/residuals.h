// The residual streams of many tokens, in memory or in a file.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/scratch_file.h"

namespace nybble::runtime {

class Residuals {
 public:
  // Room for n floats; in_memory or else in a temporary file of this folder.
  Residuals(std::size_t n, bool in_memory, const std::filesystem::path& folder);

  void read(std::size_t first, std::span<float> values) const;
  void write(std::size_t first, std::span<const float> values);

 private:
  std::vector<float> memory_;
  std::optional<ScratchFile> file_;
};

}  // namespace nybble::runtime
