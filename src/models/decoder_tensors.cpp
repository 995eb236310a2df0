#include "models/decoder_tensors.h"

#include <fmt/format.h>

namespace nybble::models {
namespace {

class LayerTensors {
 public:
  LayerTensors(std::vector<TensorSpec>& out, int layer) : out_(out), layer_(layer) {}

  void add(std::string_view name, std::string_view hf_name, Shape shape, int rotated_heads = 0) {
    out_.push_back({fmt::format("blk.{}.{}", layer_, name),
                    fmt::format("model.layers.{}.{}", layer_, hf_name), std::move(shape),
                    rotated_heads});
  }
  // A weight [rows, cols] and, where the model has one, its bias [rows].
  void add_linear(std::string_view name, std::string_view hf_name, std::int64_t rows,
                  std::int64_t cols, bool bias, int rotated_heads = 0) {
    add(fmt::format("{}.weight", name), fmt::format("{}.weight", hf_name), {rows, cols},
        rotated_heads);
    if (bias)
      add(fmt::format("{}.bias", name), fmt::format("{}.bias", hf_name), {rows}, rotated_heads);
  }

 private:
  std::vector<TensorSpec>& out_;
  int layer_;
};

void add_layer(const DecoderConfig& c, int layer, std::vector<TensorSpec>& out) {
  const std::int64_t q_dim = std::int64_t{c.heads} * c.head_dim,
                     kv_dim = std::int64_t{c.kv_heads} * c.head_dim;
  LayerTensors tensors(out, layer);
  tensors.add("attn_norm.weight", "input_layernorm.weight", {c.dim});
  tensors.add_linear("attn_q", "self_attn.q_proj", q_dim, c.dim, c.qkv_bias, c.heads);
  tensors.add_linear("attn_k", "self_attn.k_proj", kv_dim, c.dim, c.qkv_bias, c.kv_heads);
  tensors.add_linear("attn_v", "self_attn.v_proj", kv_dim, c.dim, c.qkv_bias);
  if (c.qk_norm) {
    tensors.add("attn_q_norm.weight", "self_attn.q_norm.weight", {c.head_dim});
    tensors.add("attn_k_norm.weight", "self_attn.k_norm.weight", {c.head_dim});
  }
  tensors.add_linear("attn_output", "self_attn.o_proj", c.dim, q_dim, c.output_bias);
  tensors.add("ffn_norm.weight", "post_attention_layernorm.weight", {c.dim});
  tensors.add_linear("ffn_gate", "mlp.gate_proj", c.hidden, c.dim, c.mlp_bias);
  tensors.add_linear("ffn_up", "mlp.up_proj", c.hidden, c.dim, c.mlp_bias);
  tensors.add_linear("ffn_down", "mlp.down_proj", c.dim, c.hidden, c.mlp_bias);
}

}  // namespace

std::vector<TensorSpec> decoder_tensors(const DecoderConfig& c) {
  std::vector<TensorSpec> tensors;
  tensors.push_back({"token_embd.weight", "model.embed_tokens.weight", {c.vocab, c.dim}});
  for (int layer = 0; layer < c.layers; ++layer) add_layer(c, layer, tensors);
  tensors.push_back({"output_norm.weight", "model.norm.weight", {c.dim}});
  if (!c.tied) tensors.push_back({"output.weight", "lm_head.weight", {c.vocab, c.dim}});
  return tensors;
}

std::int64_t hf_row(std::int64_t row, std::int64_t rows, int heads) {
  const std::int64_t head_dim = rows / heads, head = row / head_dim, i = row % head_dim;
  return head * head_dim + i % 2 * (head_dim / 2) + i / 2;
}

std::int64_t gguf_row(std::int64_t row, std::int64_t rows, int heads) {
  const std::int64_t head_dim = rows / heads, head = row / head_dim, i = row % head_dim;
  return head * head_dim + i % (head_dim / 2) * 2 + i / (head_dim / 2);
}

}  // namespace nybble::models
