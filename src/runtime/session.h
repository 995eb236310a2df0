// A model made ready on a backend, and conversations with it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "formats/registry.h"
#include "models/decoder.h"
#include "models/model_source.h"

namespace nybble::runtime {

struct LoadOptions {
  int threads = 0;            // 0: one per core
  std::size_t max_bytes = 0;  // budget for weights and cache; 0: what the machine has free
  std::string isa = "";  // "scalar", "avx2" ...; empty: NYBBLE_ISA, else the best that the CPU has
  Activations activations = Activations::floats;  // of the inputs of quantized linears
  bool activations_as_stored = false;  // where the checkpoint says more of a linear, that
  FormatId keys = id_of<formats::F32>(), values = id_of<formats::F32>();  // of the cache
  bool expand =
      true;  // decode weights once when the budget allows it; same bits, more memory, faster
  // false: compute from the rows in the mapped file; same bits, loaded at once, slower.
  bool repack = true;
};

// Weights on a backend. Immutable after construction, shared by sessions.
class LoadedModel {
 public:
  // Throws Error(out_of_memory) with what is needed and what there is.
  LoadedModel(const models::ModelSource& source, const LoadOptions& options);
  ~LoadedModel();
  const models::DecoderConfig& config() const;
  // "CPU (avx512, 2 threads)"
  std::string device() const;
  // Of all sessions so far.
  backend::ActivationCounts activation_counts() const;
  // Memory that the weights take.
  std::size_t weight_bytes() const;

 private:
  friend class Session;
  struct State;
  std::unique_ptr<State> state_;
};

// One timeline: a KV cache and how far it is filled. Used from one thread.
class Session {
 public:
  // context: positions the cache can hold; 0: the model's own. Throws Error(out_of_memory) before
  // allocating too much.
  Session(std::shared_ptr<const LoadedModel> model, int context, int batch = 512);
  ~Session();

  int context() const;
  int position() const;
  // Tokens that run through the model together.
  int batch() const;
  // Runs tokens through the model, appending to the cache. logits [vocab] of the last token.
  // Throws Error(invalid_input) when the tokens do not fit the context.
  std::span<const float> step(std::span<const std::int32_t> tokens);
  // The same, with the logits of every token handed over in order: row(i, logits of token i).
  void step_all(std::span<const std::int32_t> tokens,
                const std::function<void(int, std::span<const float>)>& row);
  // Forgets everything after the first n positions.
  void rewind(int n);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nybble::runtime
