// Several models against one reference on the same text: numbers for a table, details for a page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nybble/evaluate.h"
#include "nybble/progress.h"

namespace nybble {

struct CompareRequest {
  std::filesystem::path reference;
  std::vector<std::filesystem::path> models;
  // Directories of adapters of PEFT that run beside the weights: of the reference, and of each of
  // the models; empty: none.
  std::filesystem::path reference_lora = {}, lora = {};
  MeasureSettings settings;
  bool stamp = false;          // write what was measured into the receipt of each model
  std::filesystem::path page;  // comparison_page() goes there; empty: nowhere
  bool force = false;          // replace an existing page
};

// How far a stored weight is from that of the reference.
struct TensorError {
  std::string name, type;
  int layer = -1;             // -1: outside the layers
  std::string role;           // "attn_q", "ffn_down", "token_embd"
  double relative_error = 0;  // sum of squared differences / sum of squares of the reference
};

// A token at which the model went astray.
struct WorstToken {
  std::string before, token, after;  // the text around it
  double divergence = 0;
  double reference_probability = 0, model_probability = 0;  // of the actual token
  std::string reference_guess, model_guess;                 // the most likely tokens
};

struct ComparedModel {
  Measurement measurement;
  std::vector<TensorError> tensors;
  // Mean divergence of the tokens with this many tokens before them in their window.
  struct PositionBin {
    int first = 0, last = 0;
    double mean = 0;
    std::uint64_t tokens = 0;
  };
  std::vector<PositionBin> by_position;
  // Tokens by log10 of divergence: bin i holds [min + i * width, min + (i + 1) * width).
  static constexpr double histogram_min = -8, histogram_width = 0.25;
  std::vector<std::uint64_t> histogram;  // the first and the last also hold what lies outside
  std::vector<WorstToken> worst;         // most divergent first
};

struct CompareReport {
  Measurement reference;
  std::vector<ComparedModel> models;  // in the order of the request
  DivergenceFloor floor;
  EvaluatedText text;
  MeasureSettings settings;
  double seconds = 0;
  std::string version, date;  // of nybble, and the day
};

// Reference and models run side by side, all in memory. Throws Error, for a page that exists or
// cannot be written before the work begins.
CompareReport compare_models(const CompareRequest& request, const ProgressCallback& progress = {});

// One HTML page that needs no network: table, plot of divergence against size, errors of tensors by
// layer and role, divergence by position, histogram, worst tokens in context.
std::string comparison_page(const CompareReport& report);

}  // namespace nybble
