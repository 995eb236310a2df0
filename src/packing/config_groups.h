// The quantization_config of compressed-tensors: which modules are quantized how.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/hf_config.h"
#include "packing/module_pattern.h"
#include "packing/stored_scales.h"
#include "tensor/activation_kind.h"

namespace nybble::packing {

// How the weight of a module is quantized. Source of names and defaults: QuantizationArgs of
// compressed-tensors.
struct WeightScheme {
  std::string where;   // in config.json
  std::string format;  // "pack-quantized"
  int bits = 8;
  bool is_float = false, symmetric = true;
  std::string strategy;    // "tensor", "channel", "group", "tensor_group" or "block"
  std::int64_t group = 0;  // columns that share a scale, of the two strategies of groups
  ScaleGrid block;         // of the strategy "block"
  Activations activations = Activations::floats;  // of the inputs

  // Which values of a weight share a scale. Throws Error(unsupported) for an unknown strategy,
  // Error(corrupt_file) when groups do not divide a row.
  ScaleGrid grid(std::string_view module, const Shape& shape) const;
  // "4 bits in groups of 128"
  std::string describe() const;
};

// The rows and columns of a block under a key. Throws Error(corrupt_file).
ScaleGrid read_block(const files::HfConfig& config, std::string_view key);

class ConfigGroups {
 public:
  // Throws Error(corrupt_file) naming key, expected and found, and Error(unsupported) for what
  // changes weights beyond what nybble undoes: transforms and sparsity.
  explicit ConfigGroups(const files::HfConfig& config);

  // nullptr: the module stays as it is.
  const WeightScheme* find(std::string_view module) const;
  const std::vector<WeightScheme>& schemes() const { return schemes_; }
  // "inputs of 4 bits, float": what was said of activations that nybble does not compute.
  const std::vector<std::string>& unheeded() const { return unheeded_; }

 private:
  struct Target {
    ModulePattern pattern;
    std::size_t scheme = 0;
  };

  void read_group(const files::HfConfig& group, std::string_view format);
  Activations read_inputs(const files::HfConfig& group);
  void add_unheeded(std::string_view what, const files::HfConfig& activations);

  std::vector<WeightScheme> schemes_;
  std::vector<Target> targets_;  // those preferred first
  std::vector<ModulePattern> ignored_;
  std::vector<std::string> unheeded_;
};

}  // namespace nybble::packing
