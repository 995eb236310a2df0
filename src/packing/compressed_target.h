// Layouts of compressed-tensors to write: what they share.
#pragma once

#include <memory>

#include "packing/packed_parts.h"
#include "packing/stored_scales.h"
#include "packing/target.h"

namespace nybble::packing {

class CompressedTarget : public Target {
 public:
  void describe(std::span<const std::string> kept, OrderedJson& config,
                Texts& texts) const override;

 protected:
  // "pack-quantized"
  virtual std::string_view format_name() const = 0;
  // QuantizationArgs of the weights, and of the inputs or null.
  virtual OrderedJson weights() const = 0;
  virtual OrderedJson inputs() const { return nullptr; }
  const ScaleType& scale_type() const { return packing::scale_type(model_type()); }
};

// QuantizationArgs with a strategy; group: 0 when it has none.
OrderedJson quantization_args(int bits, std::string_view type, std::string_view strategy,
                              std::int64_t group, bool symmetric = true);
// Of activations that are quantized while the model runs.
OrderedJson dynamic_args(int bits, std::string_view type, std::string_view strategy,
                         std::int64_t group);

// nullptr: not these options.
std::unique_ptr<Target> make_pack_quantized(std::string_view options);
std::unique_ptr<Target> make_int8_quantized(std::string_view options);
std::unique_ptr<Target> make_float8_quantized(std::string_view options);
std::unique_ptr<Target> make_fp4_quantized(std::string_view options);

}  // namespace nybble::packing
