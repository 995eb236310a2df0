// Qwen2 and Qwen2.5: biases on q, k and v.
#include "models/families.h"

namespace nybble::models {

const Architecture qwen2{
    .name = "Qwen2",
    .gguf_name = "qwen2",
    .hf_class = "Qwen2ForCausalLM",
    .hf_type = "qwen2",
    .default_kv_heads = 32,
    .read_hf =
        [](const files::HfConfig& hf, DecoderConfig& config) {
          config.qkv_bias = true;
          read_window_layers(hf, config);
        },
    .describe_hf = [](const DecoderConfig& config,
                      OrderedJson& json) { describe_window_layers(config, json); },
    .fits = [](const DecoderConfig&) { return true; },
};

}  // namespace nybble::models
