// Writing codes of 8 bits as bitsandbytes keeps them, with a scale a row.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "formats/group_blocks.h"
#include "packing/bitsandbytes_targets.h"

namespace nybble::packing {
namespace {

constexpr FormatId f32 = id_of<formats::F32>(), i8 = id_of<formats::I8>(),
                   u8 = id_of<formats::U8>();

class Int8Target final : public Target {
 public:
  FormatId format() const override { return *formats::find_group_format(8, block_len, false); }
  std::string refuses(const Shape& shape) const override {
    return shape.cols() % block_len == 0
               ? ""
               : fmt::format("rows of {} are not divisible by {}", shape.cols(), block_len);
  }
  bool shares_scales() const override { return true; }
  // A block covers its largest magnitude with code -128; the row is to do so with 127, too.
  void share_scales(const Shape& shape, std::span<float> scales) const override {
    unify_scales(shape, scales);
    for (float& scale : scales) scale = scale * 128 / 127;
  }
  void unify_scales(const Shape& shape, std::span<float> scales) const override {
    const auto n = static_cast<std::size_t>(shape.cols() / block_len);
    for (; !scales.empty(); scales = scales.subspan(n)) {
      float largest = 0;
      for (const float scale : scales.first(n)) largest = std::max(largest, std::fabs(scale));
      std::ranges::fill(scales.first(n), largest);
    }
  }

  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    return {{fmt::format("{}.weight", module), i8, shape},
            {fmt::format("{}.SCB", module), f32, {shape.rows()}},
            {fmt::format("{}.weight_format", module), u8, {}}};
  }

  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    const formats::GroupBlocks& access = *formats::group_blocks(format());
    const auto size = static_cast<std::size_t>(formats::info(format()).block_bytes);
    const std::int64_t n = shape.cols() / block_len;
    std::vector<std::byte> codes;
    std::vector<float> absmax;
    formats::Group group;
    for (std::int64_t row = 0; row < shape.rows(); ++row) {
      for (std::int64_t b = 0; b < n; ++b, blocks = blocks.subspan(size)) {
        access.load(blocks.data(), group);
        if (b == 0) absmax.push_back(absmax_of(group.scale));
        if (group.scale != absmax.back() / 127) refuse_scale(row, group.scale, absmax.back());
        for (std::int64_t i = 0; i < block_len; ++i)
          codes.push_back(static_cast<std::byte>(group.codes[i] - 128));
      }
    }
    take(codes);
    take(bytes_of(absmax));
    take(std::array{std::byte{0}});  // rows
  }

  void describe(std::span<const std::string> kept, OrderedJson& config, Texts&) const override {
    config["quantization_config"] = bitsandbytes_config(false, kept);
  }

 private:
  static constexpr std::int64_t block_len = 32;  // the shortest: divides most rows

  // Of the floats around 127 * scale one gives the very scale when divided by 127, if any does.
  static float absmax_of(float scale) {
    const float nearest = 127 * scale;
    for (const float absmax :
         {nearest, std::nextafter(nearest, 0.0f), std::nextafter(nearest, INFINITY)}) {
      if (absmax / 127 == scale) return absmax;
    }
    return nearest;
  }
  [[noreturn]] void refuse_scale(std::int64_t row, float found, float absmax) const {
    fail(ErrorKind::invalid_input,
         "{}: row {} has a block of scale {}, expected {} in all its blocks, as share_scales() has "
         "set",
         name(), row, found, absmax / 127);
  }
};

}  // namespace

std::unique_ptr<Target> make_int8_target() {
  return std::make_unique<Int8Target>();
}

}  // namespace nybble::packing
