// The first walk: checkpoint to quantized GGUF, one tensor in memory at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nybble/progress.h"

namespace nybble {

// For methods that tune.
struct TuningSettings {
  std::uint64_t tokens = 300'000;  // that are learned from, repeats counted
  // Windows that one step learns from (decision 0021: with more, steps are too few).
  int batch = 2;
  float code_rate = 9e-4f;  // how far codes go in a step at most, in steps of the grid
  // Of the relative squared error of the hidden states, in the mean over the layers, beside the
  // divergence in nats in what is learned (decision 0021).
  float hidden_weight = 8;
  int moment_bits = 32;  // of AdamW's states for the codes: 32, or 8 in blocks of 256
  // Share of the windows that the model writes itself; of these it writes as many as fit
  // max_written_tokens, and repeats them. In QAT of Q2_K on 3 M tokens 1 M of them repeated left
  // 0.332 of llama-quantize's divergence on WikiText-2, all of them new 0.323; on a novel as much.
  double written_share = 2.0 / 3;
  std::uint64_t max_written_tokens = 4'000'000;
  bool gpu = false;  // learn on an NVIDIA GPU; not the same bits as on the CPU
};

struct QuantizeRequest {
  std::filesystem::path input;   // HF directory or GGUF
  std::filesystem::path output;  // GGUF, or for a layout a directory
  // A recipe ("Q4_K_M"), a format ("Q8_0") or a layout ("gptq:4b-g128"), case-insensitive; "COPY"
  // keeps types. With a target
  // the types are measured, beginning with this one's; empty: with those of the largest recipe that
  // fits.
  std::string type;
  // At most one of these above 0: size of the whole output file.
  std::uint64_t target_bytes = 0;
  double target_bpw = 0;  // bits per weight of the file, all its bytes counted
  // One of quantize_methods(); empty: "best" when there is something to calibrate with or a target,
  // else "kquant".
  std::string method;
  // For methods that need statistics: texts, or one file of statistics (of calibrate_model(), or an
  // importance matrix of llama.cpp). Empty: the text that comes with nybble.
  std::vector<std::filesystem::path> calibration;
  int probe_windows = 12;  // of 256 tokens, on which types are measured for a target
  TuningSettings tuning = {};
  int calibration_context = 512;            // tokens of a window
  std::optional<int> written_windows = {};  // that the model writes (CalibrateSettings)
  std::uint64_t seed = 0;                   // of the order of the documents, and of these windows
  int threads = 0;                          // 0: one per core
  std::uint64_t memory_bytes = 0;  // that the process may hold; 0: what the machine has free
  bool pure = false;               // every matrix in the recipe's main format
  // "gptq" or "gptq_v2": how zero points stand in a GPTQ checkpoint that does not say; empty: as
  // its weights have it.
  std::string assumed = {};
  // Directory of an adapter of PEFT that is merged into the weights, in float32, before they are
  // quantized; empty: none
  std::filesystem::path merge = {};
  bool force = false;  // replace an existing output
  bool allow_nan = false;
  bool allow_requantize = false;  // take an already quantized input
  // Finished work is kept in a folder beside the output (OUTPUT.resume), until that is whole, for a
  // run with the same request to go on with. The bytes are those of an uninterrupted run.
  bool resume = false;
  // Regular expression on tensor names -> format; the first that matches wins over the recipe.
  std::vector<std::pair<std::string, std::string>> tensor_types;
  std::uint64_t max_shard_bytes = 0;  // > 0: split into files of at most this many bytes of tensors
  bool keep_split = false;  // as many files as the (split GGUF) input, the same tensors in each
  std::string output_tensor_type;    // format of the head; empty: the recipe's
  std::string token_embedding_type;  // format of the embedding; empty: the recipe's
};

struct PlannedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string from, to;
  std::uint64_t bytes_before = 0, bytes_after = 0;
  std::string
      reason;  // "recipe", "fallback: rows of 576 are not divisible by 256", "kept: 1-D" ...
};

// Types that were tried for a size.
struct SearchRound {
  std::uint64_t bytes = 0;  // of tensor data
  double divergence = 0;    // mean, nats, on windows of the second half of the calibration text
  // Of each part of the model alone, the others as they were: "attn_v 0" is attn_v in the first
  // quarter of the layers. Empty in the last round.
  std::vector<std::pair<std::string, double>> parts;
};

// What stays float in the encoded model learned from the model before.
struct TuningPoint {
  int step = 0;                    // done so far
  double loss = 0;                 // mean divergence of the step's windows, nats; 0 at step 0
  std::optional<double> held_out;  // the same on held-out windows, where it was measured
};
struct TuningReport {
  std::vector<TuningPoint> points;
  double before = 0, after = 0;  // divergence on held-out windows
  int best_step = 0;             // whose state was kept; 0: as it came
  int resumed_step = 0;          // done by a run before
  std::uint64_t tokens = 0;
  double seconds = 0;
};

struct QuantizePlan {
  std::string recipe;
  std::vector<PlannedTensor> tensors;
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of tensor data
  std::uint64_t parameters = 0;
  double bits_per_weight = 0;  // of all tensor data
  std::size_t fallbacks = 0;
  std::vector<SearchRound> rounds;  // with a target
};

struct QuantizeReport {
  QuantizePlan plan;
  std::string output;  // of a split GGUF: the first file
  int n_files = 1;
  std::uint64_t file_bytes = 0;  // of all files
  double file_bits_per_weight = 0;
  std::string method;
  // How the codes of each tensor were found, where the method has something to say: name, note.
  std::vector<std::pair<std::string, std::string>> notes;
  // Sum of squared differences to the source / sum of its squares, of each tensor of the plan.
  std::vector<double> relative_errors;
  std::vector<std::string> merged;          // tensors that have the adapter in them
  std::vector<std::string> source_notes;    // what was left out of the input or concluded from it
  std::optional<TuningReport> tuning = {};  // of a method that tunes
  std::size_t taken_over = 0;               // tensors that an interrupted run had finished
  bool discarded = false;  // there was work of another request to resume, which is gone
  double seconds = 0;
};

// What quantize_model() would do. Reads headers only, but with a target it does all the measuring.
QuantizePlan plan_quantize(const QuantizeRequest& request, const ProgressCallback& progress = {});
// Same bytes for any number of threads. Throws Error.
QuantizeReport quantize_model(const QuantizeRequest& request,
                              const ProgressCallback& progress = {});
// Names that `type` takes: recipes and formats, with one line on each.
std::vector<std::pair<std::string, std::string>> quantize_types();
// Layouts of directories that `type` takes, as other libraries load them: an example such as
// "gptq:4b-g128", and what may stand behind the ':'.
std::vector<std::pair<std::string, std::string>> quantize_layouts();
// Names that `method` takes, with one line on each.
std::vector<std::pair<std::string, std::string>> quantize_methods();

}  // namespace nybble
