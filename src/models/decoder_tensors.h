// The tensors of an ordinary decoder: names in GGUF and in Hugging Face, and shapes.
#pragma once

#include <string>
#include <vector>

#include "models/decoder_config.h"
#include "tensor/shape.h"

namespace nybble::models {

struct TensorSpec {
  std::string name;  // "blk.3.attn_q.weight"
  std::string
      hf_name;  // "model.layers.3.self_attn.q_proj.weight"; empty: Hugging Face has no such tensor
  Shape shape;
  int rotated_heads = 0;  // > 0: rows belong to that many heads that RoPE turns
};

// All tensors that a model of this configuration has, in the order in which a GGUF lists them.
// Lists of RoPE factors are left out: they are settings, not weights.
std::vector<TensorSpec> decoder_tensors(const DecoderConfig& config);

// Row r of q or k in GGUF's order (neighbours turn together) is row hf_row(r) in that of Hugging
// Face (halves do), for `rows` rows in `heads` heads; gguf_row goes back.
std::int64_t hf_row(std::int64_t row, std::int64_t rows, int heads);
std::int64_t gguf_row(std::int64_t row, std::int64_t rows, int heads);

}  // namespace nybble::models
