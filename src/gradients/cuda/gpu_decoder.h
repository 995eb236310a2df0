// decoder_pass.h and the head of head_loss.h on the GPU. Every layer runs again on the way back.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "gradients/cuda/gpu_attention.h"
#include "gradients/cuda/gpu_linear.h"
#include "gradients/cuda/gpu_transfer.h"

namespace nybble::gradients::gpu {

// What the way back of a layer needs of the way forth; of one layer at a time.
struct LayerTrace {
  DeviceFloats attention_input;             // [tokens, dim]: normed
  DeviceFloats q, k, v;                     // after RoPE
  DeviceFloats plain_q, plain_k;            // before their norms; empty without those
  DeviceFloats attended;                    // [tokens, heads * head_dim]
  DeviceFloats middle, feed_forward_input;  // [tokens, dim]: residual before, and normed
  DeviceFloats gate, up, activated;         // [tokens, hidden]
  DeviceFloats added;                       // [tokens, dim]

  void resize(const models::DecoderConfig& config, std::size_t tokens);
};

class Decoder;
// As in decoder_pass.h.
struct HiddenTarget {
  const Decoder* teacher = nullptr;
  float factor = 0;
};

class Decoder {
 public:
  // Windows have `length` tokens.
  Decoder(const Parameters& parameters, int length, const Products& products, Transfer& transfer);
  // Copies the tensors among them that changed; changes(i) says so of the i-th of for_both().
  void load(const Parameters& parameters, const std::function<bool(std::size_t)>& changes);

  // tokens: whole windows.
  void forth(std::span<const std::int32_t> tokens);
  // The logits of tokens [first, first + n), valid until the next call.
  DeviceFloats& logits(int first, int n);
  // The logits of that call have become the gradients by them. Those by what forth() made are kept
  // for back().
  void logits_back(int first, int n, DeviceParameters& gradients);
  // Adds all gradients but that by the embedding's rows that forth() took: d_x() [tokens, dim] is
  // that by what they became.
  void back(DeviceParameters& gradients, const HiddenTarget& hidden);
  const DeviceFloats& d_x() const { return d_x_; }

  int tokens() const { return static_cast<int>(tokens_.size()); }

 private:
  AttentionShape shape_of(int layer) const;
  Rows rows_of(const DeviceFloats& values) const;
  void run_heads(const DeviceFloats& norm, int heads, bool rotates, DeviceFloats& values,
                 DeviceFloats& plain);
  void run_heads_back(const DeviceFloats& norm, int heads, bool rotates, DeviceFloats& d_values,
                      const DeviceFloats& plain, DeviceFloats& d_norm);
  void run_layer(int index);
  void feed_forward_back(const DeviceLayer& layer, DeviceLayer& gradient);
  void attention_back(int index, DeviceLayer& gradient);

  models::DecoderConfig config_;
  int length_;
  Transfer& transfer_;
  DeviceParameters weights_;
  DeviceFloats cos_, sin_;
  Rotation rotation_;
  Attention attention_;
  Workspace workspace_;
  LayerTrace trace_;
  DeviceArray<std::int32_t> tokens_;
  std::vector<DeviceFloats> residuals_;  // before each layer, and behind the last
  DeviceFloats d_x_, d_input_, d_attended_, d_activated_, dq_, dk_, dv_;
  DeviceFloats normed_, d_normed_, logits_, channel_weights_;
};

}  // namespace nybble::gradients::gpu
