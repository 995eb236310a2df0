#include "packing/compressed_target.h"

#include <array>

#include "base/error.h"
#include "packing/compressed_tensors.h"

namespace nybble::packing {

void CompressedTarget::describe(std::span<const std::string> kept, OrderedJson& config,
                                Texts&) const {
  const OrderedJson group = {{"targets", {"Linear"}},
                             {"weights", weights()},
                             {"input_activations", inputs()},
                             {"output_activations", nullptr}};
  config["quantization_config"] = {{"quant_method", "compressed-tensors"},
                                   {"format", format_name()},
                                   {"quantization_status", "compressed"},
                                   {"config_groups", {{"group_0", group}}},
                                   {"ignore", kept},
                                   {"kv_cache_scheme", nullptr},
                                   {"global_compression_ratio", nullptr}};
}

OrderedJson quantization_args(int bits, std::string_view type, std::string_view strategy,
                              std::int64_t group, bool symmetric) {
  OrderedJson args = {{"num_bits", bits},       {"type", type},
                      {"symmetric", symmetric}, {"strategy", strategy},
                      {"group_size", nullptr},  {"block_structure", nullptr},
                      {"dynamic", false},       {"actorder", nullptr},
                      {"observer", "minmax"},   {"observer_kwargs", OrderedJson::object()}};
  if (group > 0) args["group_size"] = group;
  return args;
}

OrderedJson dynamic_args(int bits, std::string_view type, std::string_view strategy,
                         std::int64_t group) {
  OrderedJson args = quantization_args(bits, type, strategy, group);
  args["dynamic"] = true;
  args["observer"] = nullptr;
  return args;
}

void SharedScales::store(std::size_t i, float scale) {
  if (scales_[i] == scale && scale != 0) return;
  if (scales_[i] != 0) {
    fail(ErrorKind::invalid_input,
         "blocks that share scale {} of a weight have {} and {}, expected one", i, scales_[i],
         scale);
  }
  if (!type_.holds(scale)) {
    fail(ErrorKind::invalid_input, "scale {} of a weight is {}, expected a value that {} has", i,
         scale, formats::info(type_.format).name);
  }
  scales_[i] = scale;
  type_.store(bytes_, i, scale);
}

std::unique_ptr<Target> make_compressed_tensors(std::string_view options) {
  // A new one is one file and one line here.
  constexpr std::array makers = {make_pack_quantized, make_int8_quantized, make_float8_quantized,
                                 make_fp4_quantized};
  for (const auto make : makers) {
    if (std::unique_ptr<Target> target = make(options)) return target;
  }
  return nullptr;
}

}  // namespace nybble::packing
