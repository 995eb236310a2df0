// SmolLM3: a Llama in which every fourth layer does without RoPE.
#include "base/error.h"
#include "models/families.h"

namespace nybble::models {
namespace {

// GGUF has no key for the layers without RoPE; readers count to four.
constexpr int default_interval = 4;

std::vector<bool> every_nth_layer(int layers, int interval) {
  std::vector<bool> flags(static_cast<std::size_t>(layers));
  for (int i = interval - 1; i < layers; i += interval) flags[static_cast<std::size_t>(i)] = true;
  return flags;
}

void read(const files::HfConfig& hf, DecoderConfig& config) {
  config.qkv_bias = config.output_bias = hf.flag("attention_bias", false);
  config.mlp_bias = hf.flag("mlp_bias", false);
  if (hf.flag("use_sliding_window", false)) {
    fail(ErrorKind::unsupported, "{}: a SmolLM3 with a sliding window; nybble knows those without",
         hf.where());
  }
  const int interval = hf.integer("no_rope_layer_interval", default_interval);
  if (interval < 1)
    fail(ErrorKind::corrupt_file, "{}: no_rope_layer_interval is 0, expected 1 or more",
         hf.where());
  config.unrotated_layers = every_nth_layer(config.layers, interval);
  if (!hf.has("no_rope_layers")) return;
  config.unrotated_layers.clear();
  for (const float rotates : hf.numbers("no_rope_layers"))
    config.unrotated_layers.push_back(rotates == 0);
}

}  // namespace

const Architecture smollm3{
    .name = "SmolLM3",
    .gguf_name = "smollm3",
    .hf_class = "SmolLM3ForCausalLM",
    .hf_type = "smollm3",
    .permutes_heads = true,
    .default_rope_base = 2000000,
    .default_kv_heads = 4,
    .tied_by_default = true,
    .read_hf = read,
    .complete_gguf =
        [](DecoderConfig& config) {
          config.unrotated_layers = every_nth_layer(config.layers, default_interval);
        },
    .describe_hf =
        [](const DecoderConfig& config, OrderedJson& json) {
          json["attention_bias"] = config.qkv_bias;
          json["mlp_bias"] = config.mlp_bias;
          json["pad_token_id"] = nullptr;  // else transformers takes one of the 3B model
          json["no_rope_layers"] = OrderedJson::array();
          for (int i = 0; i < config.layers; ++i)
            json["no_rope_layers"].push_back(config.rotates(i) ? 1 : 0);
        },
    .fits = [](const DecoderConfig&) { return true; },
};

}  // namespace nybble::models
