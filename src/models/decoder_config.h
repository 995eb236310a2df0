// What the shared forward pass needs to know of a model: dimensions and flags.
#pragma once

#include <string>
#include <vector>

namespace nybble::models {

struct RopeConfig {
  // Which elements of a head turn together: neighbours (2i, 2i+1), or the halves (i, i + rotary/2).
  bool interleaved = false;
  int rotary_dim = 0;
  double base = 10000;
  // Divisor of each of the rotary_dim / 2 frequencies; empty: all 1 (llama3 scaling and longrope give others).
  std::vector<float> frequency_divisors;
  double linear_scale = 1;       // positions are divided by it
  double attention_factor = 1;   // multiplies cos and sin (yarn)
  // YaRN; factor 1: off
  double yarn_factor = 1, yarn_beta_fast = 32, yarn_beta_slow = 1;
  int yarn_original_context = 0;
};

struct DecoderConfig {
  std::string architecture;  // name in GGUF: "llama", "qwen2"
  int layers = 0, dim = 0, heads = 0, kv_heads = 0, head_dim = 0, hidden = 0, vocab = 0, context = 0;
  float rms_epsilon = 1e-5f;
  RopeConfig rope;
  bool qkv_bias = false;     // Qwen2
  bool output_bias = false;  // Llama with attention_bias: o_proj too
  bool mlp_bias = false;
  bool qk_norm = false;      // Qwen3: RMS norm of each head of q and k
  bool tied = false;         // the head is the embedding
  int sliding_window = 0;    // Mistral: keys further back than this are not seen; 0: off
};

}  // namespace nybble::models
