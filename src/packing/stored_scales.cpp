#include "packing/stored_scales.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

bool are_equal_but_for_ones(const Shape& a, const Shape& b) {
  const auto squeezed = [](const Shape& shape) {
    std::vector<std::int64_t> dims;
    std::ranges::copy_if(shape.dims(), std::back_inserter(dims), [](auto n) { return n != 1; });
    return dims;
  };
  return squeezed(a) == squeezed(b);
}

template <class Float>
void store(std::span<std::byte> bytes, std::size_t i, Float value) {
  std::memcpy(bytes.data() + i * sizeof(value), &value, sizeof(value));
}

// Programs divide by scales, so none becomes 0, and none infinity.
float nearest_f16(float scale) {
  return to_float(to_half(std::clamp(scale, 0x1p-24f, 65504.0f)));
}

float next_f16(float scale) {
  const float nearest = nearest_f16(scale);
  return nearest >= scale || nearest == 65504
             ? nearest
             : to_float(Half{static_cast<std::uint16_t>(to_half(nearest).bits + 1)});
}

float nearest_bf16(float scale) {
  return to_float(to_bf16(scale));
}

float next_bf16(float scale) {
  const float nearest = nearest_bf16(scale);
  return nearest >= scale ? nearest
                          : to_float(Bf16{static_cast<std::uint16_t>(to_bf16(scale).bits + 1)});
}

bool is_bf16(float scale) {
  return nearest_bf16(scale) == scale;
}

void store_bf16(std::span<std::byte> bytes, std::size_t i, float scale) {
  store(bytes, i, to_bf16(scale));
}

}  // namespace

void ScaleGrid::share(const Shape& weight, std::int64_t block_len, float (*round)(float),
                      std::span<float> scales) const {
  const std::int64_t blocks = weight.cols() / block_len;
  std::vector<float> shared(static_cast<std::size_t>(shape(weight).count()));
  const auto of_block = [&](std::size_t i) -> float& {
    const auto at = static_cast<std::int64_t>(i);
    return shared[index(weight, at / blocks, at % blocks * block_len)];
  };
  for (std::size_t i = 0; i < scales.size(); ++i)
    of_block(i) = std::max(of_block(i), std::fabs(scales[i]));
  for (float& scale : shared) scale = scale > 0 ? round(scale) : 1;
  for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = of_block(i);
}

const files::NamedTensor& scales_of(const files::Checkpoint& checkpoint, std::string_view module,
                                    std::string_view suffix,
                                    std::initializer_list<FormatId> formats, const Shape& shape) {
  const files::NamedTensor* found = checkpoint.find(fmt::format("{}.{}", module, suffix));
  const bool fits = found != nullptr && are_equal_but_for_ones(found->data.shape, shape);
  return part_of(checkpoint, module, suffix, formats, fits ? found->data.shape : shape);
}

float read_input_scale(const files::Checkpoint& checkpoint, std::string_view module) {
  const files::NamedTensor& part =
      scales_of(checkpoint, module, "input_scale",
                {id_of<formats::F32>(), id_of<formats::BF16>(), id_of<formats::F16>()}, {1});
  const float scale = load_value(part, 0);
  if (!(scale > 0) || std::isinf(scale)) {
    fail(ErrorKind::corrupt_file, "{}: tensor '{}' is {}, expected a positive number",
         checkpoint.path.string(), part.name, scale);
  }
  return scale;
}

float load_value(const files::NamedTensor& part, std::size_t i) {
  const formats::FormatInfo& format = formats::info(part.data.format);
  float value = 0;
  format.decode(part.data.bytes.data() + i * static_cast<std::size_t>(format.block_bytes), 1,
                &value);
  return value;
}

bool is_f16(float scale) {
  return to_float(to_half(scale)) == scale;
}

void store_f16(std::span<std::byte> bytes, std::size_t i, float scale) {
  store(bytes, i, to_half(scale));
}

const ScaleType& scale_type(FormatId model_type) {
  static constexpr ScaleType f16{id_of<formats::F16>(), is_f16, nearest_f16, next_f16, store_f16};
  static constexpr ScaleType bf16{id_of<formats::BF16>(), is_bf16, nearest_bf16, next_bf16,
                                  store_bf16};
  return model_type == f16.format ? f16 : bf16;
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

}  // namespace nybble::packing
