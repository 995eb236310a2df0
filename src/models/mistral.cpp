// Mistral 7B and its successors: a Llama whose config.json may have a sliding window.
#include "models/families.h"

namespace nybble::models {

const Architecture mistral{
    .name = "Mistral",
    .gguf_name = "llama",
    .hf_class = "MistralForCausalLM",
    .hf_type = "mistral",
    .permutes_heads = true,
    .default_kv_heads = 8,
    .read_hf =
        [](const files::HfConfig& hf, DecoderConfig& config) {
          // Absent, transformers takes 4096; null means off.
          config.sliding_window =
              hf.integer("sliding_window", hf.mentions("sliding_window") ? 0 : 4096);
        },
    .describe_hf =
        [](const DecoderConfig& config, OrderedJson& json) {
          json["sliding_window"] =
              config.sliding_window > 0 ? OrderedJson(config.sliding_window) : OrderedJson();
        },
    // Llama's forward pass has no window, so a GGUF of this name that has one is a Mistral.
    .fits = [](const DecoderConfig& config) { return config.sliding_window > 0; },
};

}  // namespace nybble::models
