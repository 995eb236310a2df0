// From one container to another: Hugging Face directory to GGUF and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nybble/progress.h"

namespace nybble {

struct ConvertRequest {
  std::filesystem::path input;
  std::filesystem::path
      output;          // *.gguf: a GGUF; anything else: a directory in the layout of Hugging Face
  std::string type;    // "F32", "BF16", "F16"; empty: as stored where the output can hold it
  bool force = false;  // replace an existing output
  bool allow_nan = false;
  std::uint64_t max_shard_bytes = 0;  // 0: one GGUF file, 5 GB shards of safetensors
};

struct ConvertReport {
  std::string output;  // of a split GGUF: the first file
  std::uint64_t bytes = 0;
  std::size_t tensors = 0;
  std::vector<std::string> notes;  // what could not be carried over, and what was dequantized
};

// The input is never touched; no half-written output is left. Throws Error.
ConvertReport convert_model(const ConvertRequest& request, const ProgressCallback& progress = {});

}  // namespace nybble
