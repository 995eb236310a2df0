// A model run one layer at a time over many windows of tokens: the weights of one layer are in
// memory, and the residual streams of all windows between two layers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/decoder_layer.h"
#include "runtime/residuals.h"

namespace nybble::runtime {

struct BlockWalkOptions {
  int threads = 0;  // 0: one per core
  Activations activations = Activations::floats;
  std::size_t max_bytes = 0;       // of the whole process; 0: what the machine has free
  std::size_t reserved_bytes = 0;  // of these, what the caller takes while a layer runs
  // Residual streams of more than these, or than half of what a layer leaves, go to a file.
  std::size_t max_residual_bytes = std::numeric_limits<std::size_t>::max();
  std::filesystem::path scratch_folder;  // for that file
};

class BlockWalk {
 public:
  // Embeds all tokens. The source and the windows must outlive the walk. Throws
  // Error(out_of_memory) with what a layer needs when the budget is smaller,
  // Error(invalid_input) for a token outside the vocabulary.
  BlockWalk(const models::ModelSource& source, std::vector<std::span<const std::int32_t>> windows,
            const BlockWalkOptions& options);

  backend::Backend& backend() { return *backend_; }
  // Puts a layer in place of the one before.
  void load(int layer);
  // Runs a window, from its first position, through the loaded layer: its residual stream becomes
  // what the layer makes of it. The tap sees the inputs of the layer's linears.
  void run(std::size_t window, const backend::Tap& tap);
  // After the last layer: the tap sees the input of the head.
  void observe_head(std::size_t window, const backend::Tap& tap);

 private:
  // Some tokens of a window that run together.
  struct Piece {
    std::span<const std::int32_t> tokens;
    int position = 0;
    std::size_t first_float = 0;  // of its residual stream
  };

  // Whether the residual streams fit into memory beside the rest.
  bool plan_memory(const BlockWalkOptions& options) const;
  void embed(const Piece& piece);
  void fetch(const Piece& piece);
  void store(const Piece& piece);
  template <class Action>
  void for_pieces(std::size_t window, const Action& action);

  const models::ModelSource& source_;
  const std::vector<std::span<const std::int32_t>> windows_;
  std::vector<std::size_t> first_tokens_;  // of each window, and the end
  std::unique_ptr<backend::Backend> backend_;
  int context_ = 1, batch_ = 1;
  std::optional<Residuals> residuals_;
  std::optional<models::DecoderState> state_;
  std::vector<float> host_;  // of one piece
  std::unique_ptr<models::DecoderLayer> layer_;
  backend::Buffer output_norm_;
};

}  // namespace nybble::runtime
