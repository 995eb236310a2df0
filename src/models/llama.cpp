// Llama 2, 3, 3.x, SmolLM2 and everything else that calls itself LlamaForCausalLM.
#include "models/families.h"

namespace nybble::models {

const Architecture llama{
    .name = "Llama",
    .gguf_name = "llama",
    .hf_class = "LlamaForCausalLM",
    .hf_type = "llama",
    .permutes_heads = true,
    .read_hf =
        [](const files::HfConfig& hf, DecoderConfig& config) {
          config.qkv_bias = config.output_bias = hf.flag("attention_bias", false);
          config.mlp_bias = hf.flag("mlp_bias", false);
        },
    .describe_hf =
        [](const DecoderConfig& config, OrderedJson& json) {
          json["attention_bias"] = config.qkv_bias;
          json["mlp_bias"] = config.mlp_bias;
        },
    .fits = [](const DecoderConfig&) { return true; },
};

}  // namespace nybble::models
