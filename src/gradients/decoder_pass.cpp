#include "gradients/decoder_pass.h"

#include <algorithm>

#include "gradients/embedding_rows.h"
#include "gradients/hidden_loss.h"
#include "models/decoder.h"

namespace nybble::gradients {

DecoderPass::DecoderPass(const Parameters& parameters, int length, ThreadPool& pool,
                         Precision precision)
    : parameters_(parameters),
      engine_(pool, precision),
      length_(length),
      angles_(parameters.config, length),
      residuals_(parameters.layers.size() + 1) {}

LayerContext DecoderPass::context() const {
  return {parameters_.config, engine_, tokens() / length_, length_, angles_, observer_};
}

std::span<const float> DecoderPass::forth(std::span<const std::int32_t> tokens) {
  models::check_tokens(tokens, parameters_.config);
  if (traces_.size() != static_cast<std::size_t>(kept_) + 1 || tokens.size() != tokens_.size()) {
    traces_.clear();
    for (int i = 0; i <= kept_; ++i)
      traces_.emplace_back(parameters_.config, static_cast<int>(tokens.size()));
  }
  tokens_.assign(tokens.begin(), tokens.end());
  residuals_[0].resize(tokens.size() * static_cast<std::size_t>(parameters_.config.dim));
  copy_embedding_rows(tokens_, parameters_.embedding, residuals_[0].data());
  for (std::size_t i = 0; i < parameters_.layers.size(); ++i) {
    copy_residual(i);
    const int index = static_cast<int>(i);
    run_layer(context(), parameters_.layers[i], index, residuals_[i + 1].data(), trace_of(index));
  }
  return residuals_.back();
}

void DecoderPass::back(std::span<float> d_final, Parameters& gradients,
                       const HiddenTarget& hidden) {
  for (std::size_t i = parameters_.layers.size(); i-- > 0;) {
    const int index = static_cast<int>(i);
    const Layer& layer = parameters_.layers[i];
    if (!is_kept(index)) {
      std::vector<float>& again = residuals_[i + 1];  // not needed any more
      copy_residual(i);
      run_layer(context(), layer, index, again.data(), trace_of(index));
    }
    if (hidden.factor > 0) {
      add_hidden_gradient(
          residuals_[i + 1], hidden.teacher->residuals_[i + 1], parameters_.config.dim,
          hidden.factor / static_cast<float>(parameters_.config.layers), d_final, engine_.pool);
    }
    run_layer_back(context(), layer, index, residuals_[i].data(), trace_of(index), d_final.data(),
                   gradients.layers[i]);
  }
  add_embedding_rows(tokens_, d_final, gradients.embedding);
}

// That before a layer, to where the layer makes it that behind it.
void DecoderPass::copy_residual(std::size_t layer) {
  const std::vector<float>& from = residuals_[layer];
  std::vector<float>& to = residuals_[layer + 1];
  to.resize(from.size());
  for_pieces(from.size(), engine_.pool, [&](std::size_t first, std::size_t n) {
    std::copy_n(from.data() + first, n, to.data() + first);
  });
}

LayerTrace& DecoderPass::trace_of(int layer) {
  const int first = static_cast<int>(parameters_.layers.size()) - kept_;
  return traces_[is_kept(layer) ? static_cast<std::size_t>(layer - first + 1) : 0];
}

}  // namespace nybble::gradients
