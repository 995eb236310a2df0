// float-quantized: one FP8 (E4M3) for each value.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "formats/group_float8.h"
#include "packing/compressed_weight.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr FormatId f8 = id_of<formats::F8_E4M3>(), u8 = id_of<formats::U8>(),
                   f16 = id_of<formats::F16>(), bf16 = id_of<formats::BF16>(),
                   f32 = id_of<formats::F32>();

// Blocks are their scale and their values as in the file.
template <int len>
using Block = typename formats::GroupFloat8<len>::Block;
static_assert(sizeof(Block<32>) == 36 && sizeof(Block<128>) == 132);

float power_of_two(const files::NamedTensor& scales, std::size_t i) {
  const int exponent = static_cast<int>(scales.data.bytes[i]);
  if (exponent == 255) {
    fail(ErrorKind::corrupt_file, "tensor '{}' has the scale 255 at {}, expected 0 to 254",
         scales.name, i);
  }
  return std::ldexp(1.0f, exponent - 127);
}

std::shared_ptr<PackedWeight> read(const CompressedModule& module,
                                   std::initializer_list<FormatId> scale_formats,
                                   float (*load)(const files::NamedTensor&, std::size_t)) {
  const auto& [checkpoint, name, shape, scheme, scales_name] = module;
  expect_scheme(module, 8, true);
  const ScaleGrid grid = scheme.grid(name, shape);
  const auto divides = [&](std::int64_t n) {
    return shape.cols() % n == 0 && (grid.cols % n == 0 || grid.cols >= shape.cols());
  };
  if (!divides(32)) refuse_group(module, grid, "32");
  const std::int64_t len = divides(128) ? 128 : 32;
  const FormatId format =
      len == 128 ? id_of<formats::GroupFloat8<128>>() : id_of<formats::GroupFloat8<32>>();
  const files::NamedTensor& weight = part_of(checkpoint, name, "weight", {f8}, shape);
  const files::NamedTensor& scales =
      scales_of(checkpoint, name, scales_name, scale_formats, grid.shape(shape));
  const auto unpack = [&weight, &scales, grid, whole = shape, len, load](std::span<std::byte> out) {
    std::byte* block = out.data();
    const std::byte* values = weight.data.bytes.data();
    for (std::int64_t row = 0; row < whole.rows(); ++row) {
      for (std::int64_t c = 0; c < whole.cols(); c += len, values += len) {
        const float scale = load(scales, grid.index(whole, row, c));
        std::memcpy(block, &scale, sizeof(scale));
        block = std::copy_n(values, len, block + sizeof(scale));
      }
    }
  };
  return std::make_shared<PackedWeight>(format, shape, std::vector{&weight, &scales}, unpack);
}

}  // namespace

std::shared_ptr<PackedWeight> read_float_quantized(const CompressedModule& module) {
  if (!module.scheme.symmetric) {
    fail(ErrorKind::unsupported, "{}: symmetric is false, expected true for FP8",
         module.scheme.where);
  }
  return read(module, {bf16, f16, f32}, load_value);
}

std::shared_ptr<PackedWeight> read_mxfp8_quantized(const CompressedModule& module) {
  return read(module, {u8}, power_of_two);
}

std::shared_ptr<PackedWeight> read_naive_quantized(const CompressedModule& module) {
  return module.scheme.is_float ? read_float_quantized(module) : read_int_quantized(module);
}

}  // namespace nybble::packing
