// pack-quantized: integers of 1 to 8 bits as a stream of bits in words.
#include "base/error.h"
#include "packing/bit_words.h"
#include "packing/column_order.h"
#include "packing/compressed_weight.h"
#include "packing/group_size.h"
#include "packing/group_walk.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), f32 = id_of<formats::F32>();

struct Parts {
  int bits = 0, block_bits = 0;
  ScaleGrid grid;
  const files::NamedTensor *packed = nullptr, *scales = nullptr, *zeros = nullptr;
  std::vector<std::int32_t> order;
};

// There are blocks of 2, 3, 4 and 8 bits; codes of others stand in the next.
int bits_of_blocks(int bits) {
  return bits == 1 ? 2 : bits > 4 ? 8 : bits;
}

void unpack(const Parts& parts, const Shape& shape, FormatId format, std::span<std::byte> out) {
  const std::int64_t row_words = words_of(shape.cols(), parts.bits),
                     len = formats::info(format).block_len;
  const std::int64_t groups = parts.grid.shape(shape).cols();
  // Stored codes are the integers plus half of their range.
  const int shift =
      parts.zeros != nullptr ? 0 : (1 << parts.block_bits >> 1) - (1 << parts.bits >> 1);
  const auto fill = [&](std::int64_t row, std::int64_t first, formats::Group& one) {
    const std::size_t scale = parts.grid.index(shape, row, first);
    one.scale = load_value(*parts.scales, scale);
    if (parts.zeros != nullptr) {  // they lie below each other
      const BitWords zeros{parts.bits, scale % static_cast<std::size_t>(groups),
                           static_cast<std::size_t>(groups)};
      one.zero_point = static_cast<int>(
          zeros.load(parts.zeros->data.bytes, scale / static_cast<std::size_t>(groups)));
    }
    const BitWords codes{parts.bits, static_cast<std::size_t>(row * row_words), 1};
    for (std::int64_t i = 0; i < len; ++i) {
      const auto c = static_cast<std::size_t>(first + i);
      const std::size_t col = parts.order.empty() ? c : static_cast<std::size_t>(parts.order[c]);
      one.codes[i] = static_cast<std::uint8_t>(codes.load(parts.packed->data.bytes, col) +
                                               static_cast<std::uint32_t>(shift));
    }
  };
  fill_groups(format, shape, out, fill);
}

}  // namespace

std::shared_ptr<PackedWeight> read_pack_quantized(const CompressedModule& module) {
  const auto& [checkpoint, name, shape, scheme, scales] = module;
  if (scheme.is_float || scheme.bits < 1 || scheme.bits > 8) {
    fail(ErrorKind::unsupported, "{}: {} bits of type {}, expected 1 to 8 bits of type int",
         scheme.where, scheme.bits, scheme.is_float ? "float" : "int");
  }
  const ScaleGrid grid = scheme.grid(name, shape);
  const std::int64_t len = block_len_for(grid.cols, shape.cols());
  if (len == 0) refuse_group(module, grid, "32");
  Parts parts{
      .bits = scheme.bits, .block_bits = bits_of_blocks(scheme.bits), .grid = grid, .order = {}};
  parts.packed = &part_of(checkpoint, name, "weight_packed", {i32},
                          {shape.rows(), words_of(shape.cols(), scheme.bits)});
  const Shape of_scales = grid.shape(shape);
  parts.scales = &scales_of(checkpoint, name, scales, {bf16, f16, f32}, of_scales);
  std::vector<const files::NamedTensor*> used{parts.packed, parts.scales};
  if (!scheme.symmetric) {
    parts.zeros = &part_of(checkpoint, name, "weight_zero_point", {i32},
                           {words_of(of_scales.rows(), scheme.bits), of_scales.cols()});
    used.push_back(parts.zeros);
  }
  if (checkpoint.find(fmt::format("{}.weight_g_idx", name)) != nullptr) {
    used.push_back(&part_of(checkpoint, name, "weight_g_idx", {i32}, {shape.cols()}));
    parts.order = column_order_of(*used.back(), grid.cols);
  }
  const FormatId format = *formats::find_group_format(parts.block_bits, len, !scheme.symmetric);
  auto weight = std::make_shared<PackedWeight>(
      format, shape, used,
      [parts, whole = shape, format](auto blocks) { unpack(parts, whole, format, blocks); });
  weight->column_order = std::move(parts.order);
  return weight;
}

}  // namespace nybble::packing
