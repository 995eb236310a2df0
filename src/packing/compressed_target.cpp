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
