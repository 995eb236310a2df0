// Which linear of a model PEFT means by the name of a module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/model_source.h"

namespace nybble::adapters {

// What stands before the names of modules in adapter_model.safetensors.
constexpr std::string_view module_prefix = "base_model.model.";

struct Module {
  std::string name;    // "model.layers.3.self_attn.q_proj"
  std::string linear;  // "blk.3.attn_q"
  models::HfTensor weight;
};

// Every linear that can have a low-rank part, in the order of the model's tensors: those of the
// layers and a head of its own. Borrows the source.
std::vector<Module> modules_of(const models::ModelSource& source);

}  // namespace nybble::adapters
