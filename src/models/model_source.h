// A checkpoint in nybble's own terms, whatever it came from: tensor names, row order and metadata
// as GGUF has them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "files/checkpoint.h"
#include "models/decoder_config.h"
#include "models/low_rank.h"
#include "packing/packed_weight.h"

namespace nybble::models {

struct Architecture;

// One tensor: bytes of the checkpoint and how its rows are ordered.
struct SourceTensor {
  std::string name;  // "blk.3.attn_q.weight"
  // Where the bytes are: in one tensor of the checkpoint, or in several.
  const files::NamedTensor* stored = nullptr;
  std::shared_ptr<const packing::PackedWeight> packed;
  // > 0: stored rows are in Hugging Face's order for this many heads; row r of the tensor is row
  // stored_row(r) of the stored one (q and k of Llama: halves become neighbours).
  int permuted_heads = 0;
  // Synthesized tensors (rope_freqs.weight, biases in another order) own their values, as F32, and
  // are stored nowhere.
  std::vector<float> values;
  // What folding (models/fold.h) multiplies rows and columns by; empty: 1. With any, the tensor is
  // F32 whatever is stored.
  std::vector<float> row_factors, col_factors;
  // What an adapter adds to a linear, beside its weight; nullptr: nothing. Merged, the values of
  // the tensor have it in them, before folding, and it is F32 whatever is stored.
  std::shared_ptr<const LowRank> low_rank;
  bool is_merged = false;
  Shape shape;
  FormatId format{};  // of what is stored
  // What the values of the rows are multiplied by. One other than 1 stands in the model as a tensor
  // of its own behind all others, "blk.3.attn_q.scale", which a GGUF has beside blocks of NVFP4.
  float scale = 1;
  Activations activations = Activations::floats;  // of the inputs, when computed as stored
  float input_scale = 1;                          // for Activations::float8_fixed

  // Whether its values are others than those of the stored rows.
  bool is_changed() const { return is_merged || !row_factors.empty() || !col_factors.empty(); }
  bool is_in_files() const { return stored != nullptr || packed != nullptr; }
  // Whether rows can be computed with where they lie in the file.
  bool rows_stay() const { return stored != nullptr && !is_changed(); }
  // Whether it is a number for another tensor, which has it in its scale.
  bool is_scale() const { return name.ends_with(".scale"); }
  // Column c of the rows is this column of the weight; empty: they are in order.
  std::span<const std::int32_t> column_order() const {
    return packed == nullptr ? std::span<const std::int32_t>() : packed->column_order;
  }
  // Of all rows in the stored format.
  std::size_t row_bytes() const;
  // In the files, 0 when it is synthesized.
  std::uint64_t stored_bytes() const;
  // The file of it or of its first part; empty when it is synthesized.
  std::string_view file() const;

  std::int64_t stored_row(std::int64_t row) const;
  // Rows [first, first + n) as floats, out [n, cols].
  void decode_rows(std::int64_t first, std::int64_t n, float* out) const;
  // Bytes of one row in the stored format, as they were before merging and folding; without the
  // scale, columns in column_order().
  std::span<const std::byte> row(std::int64_t row) const;
  // Its bytes leave memory until they are read again.
  void forget() const;
};

// Owns the checkpoint.
struct ModelSource {
  std::shared_ptr<const files::Checkpoint> checkpoint;
  std::string packing;  // "GPTQ, 4 bits in groups of 128": how linears are kept; empty: as they are
  const Architecture* architecture = nullptr;
  DecoderConfig config;
  files::Metadata metadata;           // GGUF keys of the model, without those of the tokenizer
  std::vector<SourceTensor> tensors;  // in the order in which a GGUF lists them
  std::vector<std::string> notes;  // what was left out of the checkpoint, or cannot be said in GGUF

  const SourceTensor* find(std::string_view name) const;
  // What computing holds in memory of the weights, with what adapters add; merged or folded ones
  // are floats. mapped: without the rows that stay in the file.
  std::size_t weight_bytes(bool mapped) const;
};

// Recognizes the architecture and checks every tensor's shape against the configuration. Throws
// Error(unsupported) naming the architecture and the known ones, Error(corrupt_file) naming the
// tensor, expected and found shape.
ModelSource open_model(std::shared_ptr<const files::Checkpoint> checkpoint);

// The way back: names, row order and config.json of Hugging Face for a source. Used by exports of
// directories.
struct HfTensor {
  std::string name;  // "model.layers.3.self_attn.q_proj.weight"
  const SourceTensor* source = nullptr;
  // > 0: rows must be written in Hugging Face's order for this many heads.
  int unpermute_heads = 0;

  // Row `row` of the tensor to write is this row of the source.
  std::int64_t source_row(std::int64_t row) const;
  // Rows [first, first + n) in Hugging Face's order as floats, out [n, cols]. Biases, which are one
  // row, come in Hugging Face's order of elements.
  void decode_rows(std::int64_t first, std::int64_t n, float* out) const;
};
struct HfModel {
  std::vector<HfTensor> tensors;
  OrderedJson config;  // config.json
};
HfModel describe_for_hf(const ModelSource& source);

}  // namespace nybble::models
