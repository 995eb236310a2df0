// Qwen3: a norm on each head of q and k, and a head length of its own.
#include "models/families.h"

namespace nybble::models {

const Architecture qwen3{
    .name = "Qwen3",
    .gguf_name = "qwen3",
    .hf_class = "Qwen3ForCausalLM",
    .hf_type = "qwen3",
    .default_kv_heads = 32,
    .default_head_dim = 128,
    .read_hf =
        [](const files::HfConfig& hf, DecoderConfig& config) {
          config.qk_norm = true;
          config.qkv_bias = config.output_bias = hf.flag("attention_bias", false);
          read_window_layers(hf, config);
        },
    .describe_hf =
        [](const DecoderConfig& config, OrderedJson& json) {
          json["attention_bias"] = config.qkv_bias;
          describe_window_layers(config, json);
        },
    .fits = [](const DecoderConfig&) { return true; },
};

}  // namespace nybble::models
