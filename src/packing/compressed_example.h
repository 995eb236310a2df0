// For tests: a tiny checkpoint of compressed-tensors.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "packing/checkpoint_in_memory.h"

namespace nybble::packing {

// One group for all linears; weights: its QuantizationArgs.
inline std::string config(std::string_view format, std::string_view weights,
                          std::string_view rest = "") {
  return fmt::format(
      R"({{"quant_method": "compressed-tensors", "format": "{}",
          "config_groups": {{"group_0": {{"targets": ["Linear"], "weights": {}}}}}{}}})",
      format, weights, rest);
}

inline constexpr auto w4 = R"({"num_bits": 4, "strategy": "group", "group_size": 32})";
inline constexpr auto w8 = R"({"num_bits": 8, "strategy": "channel"})";

// The module "m", [2, 64]: codes 0 ... 15 in each row, scales 1, 2 and 3, 4.
inline CheckpointInMemory ramp(std::string config) {
  CheckpointInMemory checkpoint(std::move(config));
  std::vector<std::uint32_t> packed(16);
  for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = i % 2 == 0 ? 0x76543210 : 0xfedcba98;
  checkpoint.add("m.weight_packed", id_of<formats::I32>(), {2, 8}, packed);
  checkpoint.add("m.weight_scale", id_of<formats::F32>(), {2, 2}, std::vector<float>{1, 2, 3, 4});
  checkpoint.add("m.weight_shape", id_of<formats::I64>(), {2}, std::vector<std::int64_t>{2, 64});
  return checkpoint;
}

inline const Shape shape{2, 64};

}  // namespace nybble::packing
