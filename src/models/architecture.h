// What a model family adds to the ordinary decoder. One file a family; all.cpp lists them.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "files/hf_config.h"
#include "models/decoder_config.h"

namespace nybble::models {

struct Architecture {
  std::string_view name;       // of the family, for people: "Mistral"
  std::string_view gguf_name;  // general.architecture
  std::string_view hf_class;   // in "architectures" of config.json
  std::string_view hf_type;    // "model_type"
  // Its GGUF files keep the rows of q and k so that RoPE turns neighbours; Hugging Face keeps
  // halves.
  bool permutes_heads = false;
  double default_rope_base = 10000;
  // Settings that config.json may leave out, as transformers fills them in.
  int default_kv_heads = 0;  // 0: as many as heads
  int default_head_dim = 0;  // 0: dim / heads
  bool tied_by_default = false;
  // Flags of the family, from config.json. Sizes and RoPE are set already.
  void (*read_hf)(const files::HfConfig& hf, DecoderConfig& config) = nullptr;
  // Flags of the family that neither GGUF keys nor tensors tell. nullptr: none
  void (*complete_gguf)(DecoderConfig& config) = nullptr;
  // Keys of the family for config.json, the way back of read_hf.
  void (*describe_hf)(const DecoderConfig& config, OrderedJson& json) = nullptr;
  // Which of the families with one GGUF name a configuration belongs to; the first that says yes.
  bool (*fits)(const DecoderConfig& config) = nullptr;
};

// All families, in the order in which they are tried.
std::span<const Architecture* const> all_architectures();
// "Llama, Mistral, ...": for messages.
std::string known_architectures();

// Families that share transformers' switches of sliding windows (use_sliding_window,
// max_window_layers, layer_types).
void read_window_layers(const files::HfConfig& hf, DecoderConfig& config);
void describe_window_layers(const DecoderConfig& config, OrderedJson& json);

}  // namespace nybble::models
