// mxfp4-pack-quantized and nvfp4-pack-quantized: FP4 (E2M1) values, two a byte.
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "formats/mxfp4.h"
#include "formats/nvfp4.h"
#include "packing/compressed_weight.h"
#include "packing/fp4_nibbles.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

using formats::MXFP4;
using formats::NVFP4;

constexpr FormatId u8 = id_of<formats::U8>(), f8 = id_of<formats::F8_E4M3>(),
                   f32 = id_of<formats::F32>();

struct Parts {
  const files::NamedTensor &packed, &scales;

  // One scale for `group` values; blocks of `len`.
  Parts(const CompressedModule& module, std::int64_t group, std::int64_t len, FormatId scale)
      : packed(check(module, group, len)),
        scales(part_of(module.checkpoint, module.name, module.scales, {scale},
                       {module.shape.rows(), module.shape.cols() / group})) {}

  [[noreturn]] void refuse(std::size_t i, std::string_view expected) const {
    fail(ErrorKind::corrupt_file, "tensor '{}' has the scale {:#04x} at {}, expected {}",
         scales.name, static_cast<int>(scales.data.bytes[i]), i, expected);
  }

 private:
  static const files::NamedTensor& check(const CompressedModule& module, std::int64_t group,
                                         std::int64_t len) {
    expect_scheme(module, 4, true);
    const ScaleGrid grid = module.scheme.grid(module.name, module.shape);
    if (module.shape.cols() % len != 0 || grid.cols != group || grid.rows != 1) {
      refuse_group(module, grid, fmt::format("groups of {} in rows that {} divides", group, len));
    }
    return part_of(module.checkpoint, module.name, "weight_packed", {u8},
                   {module.shape.rows(), module.shape.cols() / 2});
  }
};

MXFP4::Block mxfp4_block(const Parts& parts, std::size_t i) {
  MXFP4::Block block{static_cast<std::uint8_t>(parts.scales.data.bytes[i]), {}};
  if (block.exponent == 255) parts.refuse(i, "0x00 to 0xfe");  // 255 is no number
  std::uint8_t codes[MXFP4::block_len];
  load_nibbles(parts.packed.data.bytes, i * MXFP4::block_len, MXFP4::block_len, codes);
  MXFP4::set_codes(block, codes);
  return block;
}

NVFP4::Block nvfp4_block(const Parts& parts, std::size_t i) {
  NVFP4::Block block{};
  for (std::size_t g = 0; g < 4; ++g) {
    const auto scale = static_cast<std::uint8_t>(parts.scales.data.bytes[4 * i + g]);
    if (scale >= 0x7f && scale != 0x80) parts.refuse(4 * i + g, "a positive number, 0x00 to 0x7e");
    block.scales[g] = scale & 0x7f;
  }
  std::uint8_t codes[NVFP4::block_len];
  load_nibbles(parts.packed.data.bytes, i * NVFP4::block_len, NVFP4::block_len, codes);
  NVFP4::set_codes(block, codes);
  return block;
}

template <class F>
PackedWeight::Unpack unpacker(const Parts& parts,
                              typename F::Block (*block_of)(const Parts&, std::size_t)) {
  return [parts, block_of](std::span<std::byte> out) {
    for (std::size_t i = 0; i < out.size() / sizeof(typename F::Block); ++i) {
      const typename F::Block block = block_of(parts, i);
      std::memcpy(out.data() + i * sizeof(block), &block, sizeof(block));
    }
  };
}

}  // namespace

std::shared_ptr<PackedWeight> read_mxfp4_pack_quantized(const CompressedModule& module) {
  const Parts parts(module, MXFP4::group_len, MXFP4::block_len, u8);
  return std::make_shared<PackedWeight>(id_of<MXFP4>(), module.shape,
                                        std::vector{&parts.packed, &parts.scales},
                                        unpacker<MXFP4>(parts, mxfp4_block));
}

std::shared_ptr<PackedWeight> read_nvfp4_pack_quantized(const CompressedModule& module) {
  const Parts parts(module, NVFP4::group_len, NVFP4::block_len, f8);
  const files::NamedTensor& global =
      scales_of(module.checkpoint, module.name, "weight_global_scale", {f32}, {1});
  const float divisor = load_value(global, 0);
  if (!(divisor > 0) || !std::isfinite(divisor)) {
    fail(ErrorKind::corrupt_file, "tensor '{}' is {}, expected a positive number", global.name,
         divisor);
  }
  auto weight = std::make_shared<PackedWeight>(id_of<NVFP4>(), module.shape,
                                               std::vector{&parts.packed, &parts.scales, &global},
                                               unpacker<NVFP4>(parts, nvfp4_block));
  weight->scale = 1 / divisor;
  return weight;
}

}  // namespace nybble::packing
