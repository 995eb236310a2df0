// What `nybble train --lora` says of the adapter.
#pragma once

#include <string>

#include "nybble/train.h"

namespace nybble::cli {

// "r=16,alpha=32,targets=attn_q+attn_v". Throws Error(invalid_input) naming the setting.
void read_lora_settings(const std::string& text, TrainRequest& request);
// Kinds of linears, for the help.
std::string list_lora_targets();

}  // namespace nybble::cli
