// adapter_config.json of PEFT, as far as it describes plain matrices of low rank.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace nybble::adapters {

struct LoraConfig {
  int rank = 0;
  double alpha = 0;
  bool divides_by_root = false;  // scale = alpha / sqrt(rank): use_rslora
  std::string base;
  std::vector<std::string> targets;  // ends of the names of modules; empty: not told by a list
  // By ends of the names of modules: "q_proj" or "layers.3.mlp.up_proj".
  std::vector<std::pair<std::string, double>> ranks, alphas;

  // module: "model.layers.3.self_attn.q_proj". Throw Error(unsupported) when two patterns with
  // other values name it.
  int rank_of(std::string_view module) const;
  float scale_of(std::string_view module) const;
};

// Whether a name, or a part of it that ends names, means the module.
bool names_module(std::string_view end, std::string_view module);

// Throws Error(corrupt_file) naming the key, Error(unsupported) for any setting that changes what
// the adapter computes and is not in LoraConfig.
LoraConfig parse_lora_config(std::string_view text, const std::string& where);
// With every key that PEFT needs to load it for generation.
OrderedJson write_lora_config(const LoraConfig& config);

}  // namespace nybble::adapters
