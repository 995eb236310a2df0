// Statistics of a model on texts: what quantizing with care needs to know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nybble/progress.h"

namespace nybble {

struct CalibrateSettings {
  std::vector<std::filesystem::path> texts;  // empty: the text that comes with nybble
  int context = 512;                         // tokens of a window
  int max_windows = 0;                       // only so many; 0: all
  // Windows that the model writes itself, in 8 bits, beside those of the texts: what it meets
  // elsewhere is more like these than like a few texts. The whole model must fit into memory for
  // them. Not given: two for three of the texts, 144 at most, and none where memory is short or
  // second moments are not asked for.
  std::optional<int> written_windows = {};
  // Second moments are the mean of plain ones and of those that weight each token by its Fisher
  // information, on 96 windows at most. The whole model must fit into memory as floats.
  bool fisher = false;
  std::uint64_t seed = 0;          // of the order of the documents, and of these windows
  int threads = 0;                 // 0: one per core
  std::uint64_t memory_bytes = 0;  // that the process may hold; 0: what the machine has free
};

struct CalibrateRequest {
  std::filesystem::path model;   // HF directory or GGUF
  std::filesystem::path output;  // a GGUF that llama.cpp reads as an importance matrix
  CalibrateSettings settings;
  bool moments = true;  // with second moments, which error feedback needs
  bool force = false;   // replace an existing output
};

// How well one input of linears was covered.
struct InputCoverage {
  std::vector<std::string> weights;  // that read it
  int cols = 0;
  std::int64_t tokens = 0;
  int dead = 0;  // columns that were 0 for every token
};

struct CalibrateReport {
  std::int64_t tokens = 0, windows = 0;
  std::vector<InputCoverage> inputs;
  std::uint64_t file_bytes = 0;
  double seconds = 0;
};

// Throws Error: texts shorter than one window for each half, NaN in an activation,
// memory too small for one layer.
CalibrateReport calibrate_model(const CalibrateRequest& request,
                                const ProgressCallback& progress = {});

}  // namespace nybble
