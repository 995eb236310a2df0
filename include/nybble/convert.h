// From one container to another: Hugging Face directory to GGUF and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nybble/evaluate.h"
#include "nybble/progress.h"

namespace nybble {

// A type that is no float ("Q4_K_M", "gptq:4b-g128") goes the way of quantize_model(): what stands
// on the grid of the new type already is carried over exactly, the rest is rounded.
struct ConvertRequest {
  std::filesystem::path input;
  std::filesystem::path
      output;  // *.gguf: a GGUF; anything else: a directory in the layout of Hugging Face
  // "F32", "BF16", "F16", or any type of quantize_model(); empty: as stored where the output can
  // hold it, and in a GGUF else the smallest type that holds the values exactly, or F16
  std::string type;
  std::string method;                              // of rounding; empty: as quantize_model() has it
  std::vector<std::filesystem::path> calibration;  // for methods that need statistics
  std::uint64_t tuning_tokens = 300'000;           // for methods that tune: TuningSettings::tokens
  // "gptq" or "gptq_v2": how zero points stand in a GPTQ checkpoint that does not say; empty: as
  // its weights have it.
  std::string assumed = {};
  // Directory of an adapter of PEFT that is merged into the weights: W + scale B A in float32, then
  // rounded as the type asks. Without a type what is merged is stored as the float that it was, or
  // as F16 where it was quantized. Empty: none
  std::filesystem::path merge = {};
  bool force = false;  // replace an existing output
  bool allow_nan = false;
  std::uint64_t max_shard_bytes = 0;  // 0: one GGUF file, 5 GB shards of safetensors
};

// A tensor in a quantized type, before or after, or one that lost something.
struct ConvertedTensor {
  std::string name, from, to;
  double relative_error = 0;  // sum of squared differences / sum of squares; 0: exact
  bool is_merged = false;     // the source is the weight with the adapter in it
};

struct ConvertReport {
  std::string output;  // of a split GGUF: the first file
  std::uint64_t bytes = 0;
  std::size_t tensors = 0, merged = 0;  // in all, and those that the adapter was merged into
  std::vector<ConvertedTensor> converted;
  std::vector<std::string> notes;  // what could not be carried over
};

// The input is never touched; no half-written output is left. Throws Error.
ConvertReport convert_model(const ConvertRequest& request, const ProgressCallback& progress = {});

struct ConversionCheck {
  Measurement output;
  // With a merge for which a method or a calibration was named: of one without them.
  std::optional<Measurement> plain;
};

// The divergence of what convert_model() wrote from the input, which runs with the adapter of the
// request beside its weights. The merge without is made beside the output for the while. Throws
// Error.
ConversionCheck check_conversion(const ConvertRequest& request, const ConvertReport& report,
                                 const std::filesystem::path& text,
                                 const ProgressCallback& progress = {});

}  // namespace nybble
