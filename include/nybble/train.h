// Training of adapters of low rank beside a model that stays as it is, in any type (LoRA, QLoRA),
// and settings with which quantize_model() trains as long as quantization-aware training does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nybble/progress.h"
#include "nybble/quantize.h"

namespace nybble {

struct TrainRequest {
  std::filesystem::path model;   // HF directory or GGUF
  std::filesystem::path output;  // directory of an adapter, as PEFT lays it out
  // NAME.jsonl holds a chat a line, {"messages": [...]}, of which the answers are learned, others
  // are text.
  std::vector<std::filesystem::path> texts;
  int rank = 16;
  double alpha = 32;  // scale = alpha / rank
  // Names of train_targets(), either of each; empty: all.
  std::vector<std::string> targets;
  // At most one above 0; neither: three times through the texts.
  int steps = 0;
  std::uint64_t tokens = 0;
  double rate = 2e-4;    // the largest; it rises for `warmup` steps and falls to 0 with a cosine
  double decay = 0;      // of A and B at each step, times the rate (AdamW)
  int moment_bits = 32;  // of AdamW's states: 32, or 8 in blocks of 256
  double clip = 1;       // the largest norm of a gradient; 0: any
  int batch = 4;         // lessons that run together
  int accumulate = 1;    // such batches a step
  int warmup = -1;       // steps; below 0: a twentieth of all
  int context = 512;     // tokens of a lesson at most: a window of text, or a conversation
  std::uint64_t seed = 0;
  bool gpu = false;                // on an NVIDIA GPU; not the same bits as on the CPU
  int threads = 0;                 // 0: one per core
  std::uint64_t memory_bytes = 0;  // that the process may hold; 0: what the machine has free
  std::string assumed = {};        // QuantizeRequest::assumed
  bool force = false;              // replace an existing adapter
  // The state is kept in a folder beside the output (OUTPUT.resume), until that is whole, for a run
  // with the same request to go on with. The bytes are those of an uninterrupted run.
  bool resume = false;
};

struct TrainReport {
  std::vector<TuningPoint> points;  // loss: mean -log p of the labels, nats a token
  double first = 0, best = 0;       // on held-out lessons; 0 without any
  int best_step = 0;                // whose state was written; without held-out lessons the last
  int steps = 0, resumed_step = 0;  // of the course; done by a run before
  int lessons = 0, held_out = 0;
  int cut = 0, left_out = 0;     // longer than the context; without an answer within it
  int context = 0;               // tokens of a lesson
  std::uint64_t tokens = 0;      // learned from, repeats and padding counted
  std::uint64_t parameters = 0;  // of the adapter
  std::size_t linears = 0;       // that have a part
  bool discarded = false;        // there was work of another request to resume, which is gone
  double seconds = 0;
};

// Same bytes for any number of threads. Throws Error: Error(invalid_input) for texts that give no
// lesson and for a loss that is not finite, Error(out_of_memory) with what is needed.
TrainReport train_adapter(const TrainRequest& request, const ProgressCallback& progress = {});

// What `targets` takes: names in GGUF and in PEFT.
std::vector<std::pair<std::string, std::string>> train_targets();

// What a page about a training shows: any facts, and the points of a report.
struct TrainingPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
  std::string loss;  // what it is, with its unit
  std::vector<TuningPoint> points;
};
// HTML in one file, without network or scripts. The second throws Error for what exists already.
std::string training_page(const TrainingPage& page);
void write_training_page(const TrainingPage& page, const std::filesystem::path& path, bool replace);

// How the method best+tune learns from millions of tokens.
TuningSettings long_tuning();

}  // namespace nybble
