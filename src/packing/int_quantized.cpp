// int-quantized: one int8 for each value.
#include "packing/compressed_weight.h"
#include "packing/group_size.h"
#include "packing/group_walk.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr FormatId i8 = id_of<formats::I8>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), f32 = id_of<formats::F32>();
constexpr int zero = 128;  // code of a block that stands for the integer 0

int integer_at(const files::NamedTensor& part, std::size_t i) {
  return static_cast<std::int8_t>(part.data.bytes[i]);
}

}  // namespace

std::shared_ptr<PackedWeight> read_int_quantized(const CompressedModule& module) {
  const auto& [checkpoint, name, shape, scheme, scales_name] = module;
  expect_scheme(module, scheme.bits <= 8 ? scheme.bits : 8, false);  // fewer bits are int8 as well
  const ScaleGrid grid = scheme.grid(name, shape);
  const std::int64_t len = block_len_for(grid.cols, shape.cols());
  if (len == 0) refuse_group(module, grid, "32");
  const files::NamedTensor& weight = part_of(checkpoint, name, "weight", {i8}, shape);
  const files::NamedTensor& scales =
      scales_of(checkpoint, name, scales_name, {bf16, f16, f32}, grid.shape(shape));
  std::vector<const files::NamedTensor*> used{&weight, &scales};
  const files::NamedTensor* zeros = nullptr;
  if (!scheme.symmetric) {
    zeros = &scales_of(checkpoint, name, "weight_zero_point", {i8}, grid.shape(shape));
    used.push_back(zeros);
  }
  const FormatId format = *formats::find_group_format(8, len, !scheme.symmetric);
  const auto unpack = [&weight, &scales, zeros, grid, whole = shape, format,
                       len](std::span<std::byte> blocks) {
    fill_groups(format, whole, blocks,
                [&](std::int64_t row, std::int64_t first, formats::Group& one) {
                  const std::size_t scale = grid.index(whole, row, first);
                  one.scale = load_value(scales, scale);
                  if (zeros != nullptr) one.zero_point = zero + integer_at(*zeros, scale);
                  const auto at = static_cast<std::size_t>(row * whole.cols() + first);
                  for (std::size_t i = 0; i < static_cast<std::size_t>(len); ++i)
                    one.codes[i] = static_cast<std::uint8_t>(zero + integer_at(weight, at + i));
                });
  };
  return std::make_shared<PackedWeight>(format, shape, std::move(used), unpack);
}

}  // namespace nybble::packing
