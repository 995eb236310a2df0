// What a model is: architecture, tensors, tokenizer, template, metadata; and the list of number
// formats.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nybble {

struct TensorSummary {
  std::string name;
  std::string type;                 // "Q4_K"
  std::vector<std::int64_t> shape;  // outermost first
  std::uint64_t bytes = 0;
  std::string file;
};

struct ModelSummary {
  std::string path;
  std::string container;     // "gguf v3", "safetensors"
  std::string architecture;  // "llama"; empty when nybble does not know it (then `problem` says so)
  std::string problem;       // why the model cannot be run; empty: it can
  std::string packing;       // "GPTQ, 4 bits in groups of 128"; empty: no linear is in parts
  std::vector<std::string> notes;  // what was concluded from the files, since they do not say it
  std::string name;
  int layers = 0, dim = 0, heads = 0, kv_heads = 0, head_dim = 0, hidden = 0, vocab = 0,
      context = 0;
  bool tied = false;
  std::uint64_t parameters = 0;
  std::uint64_t file_bytes = 0;
  int n_files = 1;
  double bits_per_weight = 0;  // of the whole file
  std::vector<std::pair<std::string, std::uint64_t>>
      bytes_by_type;          // "Q4_K", bytes; most bytes first
  std::string tokenizer;      // "BPE (byte-level), pre-tokenizer llama-bpe, 49152 tokens"
  std::string chat_template;  // source; empty: none
  std::vector<std::pair<std::string, std::string>> metadata;  // values as text, long ones shortened
  std::vector<TensorSummary> tensors;
};

// Reads headers only. Throws Error.
ModelSummary inspect_model(const std::filesystem::path& model);

struct FormatSummary {
  std::string name;
  double bits_per_weight = 0;
  int block_len = 0, block_bytes = 0;
  std::optional<int> gguf_type;
  bool can_read = true, can_write = false, can_run = true;
};
std::vector<FormatSummary> list_formats();

}  // namespace nybble
