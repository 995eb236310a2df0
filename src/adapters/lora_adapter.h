// Adapters of low rank in the layout of PEFT: adapter_config.json and adapter_model.safetensors in
// one directory.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/low_rank.h"
#include "models/model_source.h"

namespace nybble::adapters {

constexpr std::string_view config_file_name = "adapter_config.json";
constexpr std::string_view weights_file_name = "adapter_model.safetensors";

// In nybble's terms: names and row order of GGUF.
struct LoraAdapter {
  std::vector<models::LowRank> parts;  // one a linear, in the order of the model's tensors
  int rank = 0;                        // "r" of the configuration; a part may have another
  float alpha = 0;                     // "lora_alpha" of it; scales say what counts
  std::string base;                    // what the configuration calls the model; may be empty
};

// Every matrix is checked against the model. Throws Error(io) when a file is missing,
// Error(unsupported) for what adapters of low rank do not say (DoRA, biases, trained embeddings
// ...), Error(corrupt_file) naming the tensor, what was expected and what was found.
LoraAdapter read_lora(const std::filesystem::path& directory, const models::ModelSource& model);

// The same from the content of the two files; directory: for messages.
LoraAdapter parse_lora(std::string_view config, std::span<const std::byte> weights,
                       const std::filesystem::path& directory, const models::ModelSource& model);

// Adds the parts to the linears that they are of, beside the weights. Throws Error(invalid_input)
// for a part of no linear of the model.
void attach(LoraAdapter adapter, models::ModelSource& model);
// What was attached becomes part of the weights.
void merge(models::ModelSource& model);

// type: F32, F16 or BF16. Both files appear, or none; a directory made for them goes again when
// they do not. Throws Error(invalid_input) when a file exists and !replace, and when a part does
// not fit the model or is not finite in the type.
void write_lora(const std::filesystem::path& directory, const LoraAdapter& adapter,
                const models::ModelSource& model, FormatId type, bool replace = false);

}  // namespace nybble::adapters
