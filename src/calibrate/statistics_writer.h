// Writes a file of statistics input by input, none of which needs to stay in memory.
#pragma once

#include <filesystem>
#include <vector>

#include "calibrate/statistics_file.h"
#include "files/gguf.h"

namespace nybble::calibrate {

// llama.cpp reads the file as an importance matrix. Inputs with moments also have what methods with
// error feedback need, which takes 8 * cols^2 bytes an input.
class StatisticsWriter {
 public:
  StatisticsWriter(const std::filesystem::path& path, bool replace, const Provenance& provenance,
                   std::vector<InputEntry> inputs);
  // The next of the inputs.
  void add(const InputStatistics& input);
  // The file appears. Throws Error(invalid_input) when inputs are missing.
  void finish() { writer_.finish(); }

 private:
  void write(const std::vector<float>& values) { writer_.write(std::as_bytes(std::span(values))); }

  std::vector<InputEntry> inputs_;
  std::size_t next_ = 0;
  files::GgufWriter writer_;
};

// All at once. with_moments: where they are known.
void write_statistics(const Statistics& statistics, const std::filesystem::path& path,
                      bool with_moments, bool replace);

}  // namespace nybble::calibrate
