#include "runtime/block_walk.h"

#include <algorithm>
#include <numeric>

#include "base/bytes_text.h"
#include "base/error.h"
#include "cpu/cpu_backend.h"
#include "cpu/host_memory.h"
#include "models/decoder.h"
#include "tensor/tensor.h"

namespace nybble::runtime {
namespace {

constexpr int max_batch = 512;

// A cache for the one layer that runs.
models::DecoderConfig one_layer_of(models::DecoderConfig config) {
  config.layers = 1;
  return config;
}

std::vector<const models::SourceTensor*> tensors_of(const models::ModelSource& source, int layer) {
  std::vector<const models::SourceTensor*> tensors;
  const std::string prefix = fmt::format("blk.{}.", layer);
  for (const models::SourceTensor& tensor : source.tensors) {
    if (tensor.name.starts_with(prefix)) tensors.push_back(&tensor);
  }
  return tensors;
}

std::size_t largest_layer(const models::ModelSource& source) {
  std::size_t most = 0;
  for (int layer = 0; layer < source.config.layers; ++layer) {
    std::size_t bytes = 0;
    // Blocks made of other tensors stand beside what is made of them.
    for (const auto* tensor : tensors_of(source, layer))
      bytes += tensor->row_bytes() * (tensor->packed != nullptr ? 2 : 1);
    most = std::max(most, bytes);
  }
  return most;
}

}  // namespace

BlockWalk::BlockWalk(const models::ModelSource& source,
                     std::vector<std::span<const std::int32_t>> windows,
                     const BlockWalkOptions& options)
    : source_(source),
      windows_(std::move(windows)),
      first_tokens_{0},
      // Weights are not expanded: 512 tokens a time make up for decoding them.
      backend_(std::make_unique<cpu::CpuBackend>(
          cpu::CpuOptions{.threads = options.threads, .activations = options.activations})) {
  const auto dim = static_cast<std::size_t>(source.config.dim);
  for (const auto window : windows_) {
    models::check_tokens(window, source.config);
    first_tokens_.push_back(first_tokens_.back() + window.size());
    context_ = std::max(context_, static_cast<int>(window.size()));
  }
  batch_ = std::min(context_, max_batch);
  const bool in_memory = plan_memory(options);
  residuals_.emplace(first_tokens_.back() * dim, in_memory, options.scratch_folder);
  state_.emplace(*backend_, one_layer_of(source.config), context_, batch_, 0);
  host_.resize(static_cast<std::size_t>(batch_) * dim);
  output_norm_ = upload_vector(*backend_, source, "output_norm.weight");
  for (std::size_t window = 0; window < windows_.size(); ++window)
    for_pieces(window, [&](const Piece& piece) { embed(piece); });
  source.find("token_embd.weight")->forget();
}

bool BlockWalk::plan_memory(const BlockWalkOptions& options) const {
  const std::size_t weights = largest_layer(source_);
  const std::size_t activations = cpu::thread_bytes(options.threads) +
                                  models::DecoderState::bytes_needed(
                                      *backend_, one_layer_of(source_.config), context_, batch_, 0);
  const std::size_t needed = weights + activations + options.reserved_bytes;
  const std::size_t available = cpu::allowed_host_memory(options.max_bytes);
  if (needed > available) {
    fail(ErrorKind::out_of_memory,
         "{}: one layer needs {} ({} weights, {} activations, {} statistics), {} are available; "
         "allow more memory or take a smaller context",
         source_.checkpoint->path.string(), bytes_text(needed), bytes_text(weights),
         bytes_text(activations), bytes_text(options.reserved_bytes), bytes_text(available));
  }
  const std::size_t residuals =
      first_tokens_.back() * static_cast<std::size_t>(source_.config.dim) * sizeof(float);
  return residuals <= std::min(options.max_residual_bytes, (available - needed) / 2);
}

template <class Action>
void BlockWalk::for_pieces(std::size_t window, const Action& action) {
  const auto tokens = windows_[window];
  const auto batch = static_cast<std::size_t>(batch_);
  for (std::size_t first = 0; first < tokens.size(); first += batch) {
    action(Piece{tokens.subspan(first, std::min(batch, tokens.size() - first)),
                 static_cast<int>(first),
                 (first_tokens_[window] + first) * static_cast<std::size_t>(source_.config.dim)});
  }
}

// The rows of these tokens only become a weight: a whole embedding may be larger than a layer.
void BlockWalk::embed(const Piece& piece) {
  const models::SourceTensor& tensor = *source_.find("token_embd.weight");
  const auto n = static_cast<std::int64_t>(piece.tokens.size());
  const auto rows =
      backend_->upload({tensor.name, tensor.format, n, tensor.shape.cols(), [&](std::int64_t row) {
                          return tensor.row(piece.tokens[static_cast<std::size_t>(row)]);
                        }});
  std::vector<std::int32_t> places(piece.tokens.size());
  std::iota(places.begin(), places.end(), 0);
  backend_->embed({.embedding = rows.get(), .tokens = places, .out = state_->x.data()});
  store(piece);
}

void BlockWalk::fetch(const Piece& piece) {
  const auto floats =
      std::span(host_).first(piece.tokens.size() * static_cast<std::size_t>(source_.config.dim));
  residuals_->read(piece.first_float, floats);
  backend_->write(state_->x.data(), floats);
}

void BlockWalk::store(const Piece& piece) {
  const auto floats =
      std::span(host_).first(piece.tokens.size() * static_cast<std::size_t>(source_.config.dim));
  backend_->read(state_->x.data(), floats);
  residuals_->write(piece.first_float, floats);
}

void BlockWalk::load(int layer) {
  layer_.reset();  // before the next takes its memory
  layer_ = std::make_unique<models::DecoderLayer>(*backend_, source_, layer);
  for (const models::SourceTensor* tensor : tensors_of(source_, layer)) tensor->forget();
}

void BlockWalk::run(std::size_t window, const backend::Tap& tap) {
  for_pieces(window, [&](const Piece& piece) {
    const int n = static_cast<int>(piece.tokens.size());
    fetch(piece);
    state_->set_positions(*backend_, piece.position, n);
    layer_->run(*backend_, source_.config, n, piece.position, 0, *state_, &tap);
    store(piece);
  });
}

void BlockWalk::observe_head(std::size_t window, const backend::Tap& tap) {
  for_pieces(window, [&](const Piece& piece) {
    fetch(piece);
    backend_->logits({.tokens = static_cast<int>(piece.tokens.size()),
                      .dim = source_.config.dim,
                      .x = state_->x.data(),
                      .norm = {output_norm_.data(), source_.config.rms_epsilon},
                      .head = {},
                      .tap = &tap});
  });
}

}  // namespace nybble::runtime
