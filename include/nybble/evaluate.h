// What a model loses: perplexity on a text, and the divergence from a reference.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nybble/compute.h"
#include "nybble/progress.h"

namespace nybble {

// A measured number with the 95 % interval of a block bootstrap over documents. The bounds are NaN
// where there are too few documents or windows for an interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

// full: every token of the text is scored once, with at least half a window before it.
// llama_cpp: windows side by side, of which the second half is scored, as llama-perplexity does.
enum class WindowMode { full, llama_cpp };

// Of a model against the reference, over the scored tokens.
struct Divergence {
  Estimate mean, median, p90, p99, p999;  // of KL(reference || model), nats a token
  double max = 0;
  Estimate top1;              // share of tokens where both find the same token most likely
  Estimate rms_dp;            // root mean square change of the probability of the actual token
  Estimate perplexity_ratio;  // paired: exp of the mean difference of losses
};

struct ModelSize {
  std::uint64_t file_bytes = 0;
  // Bits per weight of all files, and of the tensors of the layers, the embedding and the head.
  // A tied head is the embedding.
  double bpw_file = 0, bpw_decoder = 0, bpw_embedding = 0, bpw_head = 0;
};

struct Measurement {
  std::string model;
  ModelSize size;
  Estimate perplexity;
  double standard_error = 0;  // of perplexity, as if tokens were independent (llama.cpp's +/-)
  std::optional<Divergence> divergence;  // nothing without a reference
  // What the activations of --compute run or int8 add to the mean divergence; nothing with exact.
  std::optional<Estimate> activations;
  // With Compute::llm_int8: the share of the inputs of linears that stayed floats as outliers.
  std::optional<double> outlier_share;
};

// What a divergence of zero would look like here: measured on the reference alone.
struct DivergenceFloor {
  double same_kernels = 0;   // mean KL of the reference against itself, computed twice
  double compute = 0;        // mean KL of the reference as computed against exact
  std::uint64_t tokens = 0;  // on this many
};

struct EvaluatedText {
  std::string path, sha256;
  std::uint64_t tokens = 0;         // in the text
  std::uint64_t scored_tokens = 0;  // of them
  int windows = 0;
  std::size_t units = 0;  // of the bootstrap
  std::string unit;       // "documents" or "windows"
};

// How a text is measured.
struct MeasureSettings {
  std::filesystem::path text;
  WindowMode mode = WindowMode::full;
  Compute compute = Compute::exact;
  int context = 512;  // tokens a window
  int chunks = 0;     // only the first windows; 0: all
  int threads = 0;
  std::uint64_t seed = 1;  // of the bootstrap
};

struct EvaluateRequest {
  std::filesystem::path model;
  std::filesystem::path reference;  // empty: perplexity only
  // Directories of adapters in the layout of PEFT, run beside the weights; empty: none.
  std::filesystem::path lora = {}, reference_lora = {};
  MeasureSettings settings;
};

struct EvaluateReport {
  Measurement result;
  std::optional<Measurement> reference;
  std::optional<DivergenceFloor> floor;
  EvaluatedText text;
  double seconds = 0;
  double tokens_per_second = 0;
  std::vector<double> running;  // perplexity of the model after each window
};

// Same numbers for any number of threads. Throws Error, also when the text is shorter than one
// window, and when the tokenizer or vocabulary of the reference is another.
EvaluateReport evaluate_model(const EvaluateRequest& request,
                              const ProgressCallback& progress = {});

}  // namespace nybble
