// How other libraries keep quantized linears in a directory of Hugging Face. A scheme reads the
// quantization_config of config.json and finds the parts of a module; all.cpp is the list.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/checkpoint.h"
#include "files/hf_config.h"
#include "packing/packed_weight.h"

namespace nybble::packing {

// A checkpoint whose linears are packed. The checkpoint must outlive it and what it finds.
class Scheme {
 public:
  virtual ~Scheme() = default;
  // "GPTQ, 4 bits in groups of 128": for people.
  virtual std::string describe() const = 0;
  // The weight of "model.layers.3.mlp.up_proj"; nullptr when it stands there unpacked. Throws
  // Error(corrupt_file) naming the part, expected and found.
  virtual std::shared_ptr<const PackedWeight> find(std::string_view module,
                                                   const Shape& shape) const = 0;
  // Tensors that say nothing of weights, such as scales of the cache of keys and values.
  virtual bool is_ignored(std::string_view tensor) const { return tensor.empty(); }
  // What was not said by the checkpoint and had to be concluded from it.
  const std::vector<std::string>& notes() const { return notes_; }

 protected:
  std::vector<std::string> notes_;
};

struct SchemeKind {
  std::string_view quant_method;  // of quantization_config
  std::unique_ptr<Scheme> (*open)(const files::Checkpoint& checkpoint,
                                  const files::HfConfig& config);
};

// nullptr when config.json (or quantize_config.json) speaks of no quantization. Throws
// Error(unsupported) naming the quant_method and the known ones.
std::unique_ptr<Scheme> open_scheme(const files::Checkpoint& checkpoint);

// A part of a module, checked. Throws Error(corrupt_file) when it is missing or has another format
// or shape. Alternatives to the format may be given for parts that come in several.
const files::NamedTensor& part_of(const files::Checkpoint& checkpoint, std::string_view module,
                                  std::string_view suffix, std::initializer_list<FormatId> formats,
                                  const Shape& shape);

}  // namespace nybble::packing
