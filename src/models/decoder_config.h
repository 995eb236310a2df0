// What the shared forward pass needs to know of a model: dimensions and flags.
#pragma once

#include <string>
#include <vector>

namespace nybble::models {

enum class RopeScaling { none, linear, dynamic, yarn, longrope };

struct RopeConfig {
  // Which elements of a head turn together: neighbours (2i, 2i+1), or the halves (i, i + rotary/2).
  bool interleaved = false;
  int rotary_dim = 0;
  double base = 10000;
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;                     // linear, dynamic, yarn
  int original_context = 0;              // dynamic, yarn, longrope: the context before stretching
  double attention_factor = 1;           // multiplies cos and sin
  double beta_fast = 32, beta_slow = 1;  // yarn
  // Divisor of each of the rotary_dim / 2 frequencies; empty: all 1. llama3 scaling comes as such,
  // and so does YaRN with unrounded bounds, which GGUF has no other words for.
  std::vector<float> frequency_divisors;
  // longrope: divisors for contexts up to original_context, and beyond it.
  std::vector<float> short_divisors, long_divisors;
};

struct DecoderConfig {
  std::string architecture;  // name in GGUF: "llama", "qwen2"
  int layers = 0, dim = 0, heads = 0, kv_heads = 0, head_dim = 0, hidden = 0, vocab = 0,
      context = 0;
  float rms_epsilon = 1e-5f;
  RopeConfig rope;
  bool qkv_bias = false;     // Qwen2
  bool output_bias = false;  // Llama with attention_bias: o_proj too
  bool mlp_bias = false;
  bool qk_norm = false;                // Qwen3: RMS norm of each head of q and k
  bool tied = false;                   // the head is the embedding
  int sliding_window = 0;              // Mistral: only this many last positions are seen; 0: off
  std::vector<bool> windowed_layers;   // which layers have the window; empty: all
  std::vector<bool> unrotated_layers;  // SmolLM3: layers without RoPE; empty: none

  int window_of(int layer) const {
    return windowed_layers.empty() || windowed_layers[static_cast<std::size_t>(layer)]
               ? sliding_window
               : 0;
  }
  bool rotates(int layer) const {
    return unrotated_layers.empty() || !unrotated_layers[static_cast<std::size_t>(layer)];
  }
};

// Refuses sizes that contradict each other or are absurd, whatever file they come from, so that
// products of them fit 64 bits and nothing is divided by zero. Throws Error(corrupt_file) "<where>:
// ...".
void check_config(const DecoderConfig& config, const std::string& where);

}  // namespace nybble::models
