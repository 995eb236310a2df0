// Which layers have a sliding window, as the Qwen families of transformers say it.
#include "base/error.h"
#include "models/architecture.h"

namespace nybble::models {

void read_window_layers(const files::HfConfig& hf, DecoderConfig& config) {
  if (!hf.flag("use_sliding_window", false)) return;
  config.sliding_window = hf.integer("sliding_window", hf.mentions("sliding_window") ? 0 : 4096);
  if (config.sliding_window == 0) return;
  config.windowed_layers.assign(static_cast<std::size_t>(config.layers), false);
  const int first = hf.integer("max_window_layers", 28);
  for (int i = first; i < config.layers; ++i)
    config.windowed_layers[static_cast<std::size_t>(i)] = true;
  if (!hf.has("layer_types")) return;
  config.windowed_layers.clear();
  for (const std::string& type : hf.texts("layer_types")) {
    if (type != "sliding_attention" && type != "full_attention") {
      fail(ErrorKind::unsupported,
           "{}: unknown kind of layer '{}'; nybble knows full_attention and sliding_attention",
           hf.where(), type);
    }
    config.windowed_layers.push_back(type == "sliding_attention");
  }
}

void describe_window_layers(const DecoderConfig& config, OrderedJson& json) {
  json["use_sliding_window"] = config.sliding_window > 0;
  if (config.sliding_window == 0) return;
  json["sliding_window"] = config.sliding_window;
  json["layer_types"] = OrderedJson::array();
  for (int i = 0; i < config.layers; ++i) {
    json["layer_types"].push_back(config.window_of(i) > 0 ? "sliding_attention" : "full_attention");
  }
}

}  // namespace nybble::models
