// The families that all.cpp lists, each defined in the file of its name.
#pragma once

#include "models/architecture.h"

namespace nybble::models {

extern const Architecture llama;
extern const Architecture mistral;
extern const Architecture qwen2;
extern const Architecture qwen3;
extern const Architecture smollm3;

}  // namespace nybble::models
