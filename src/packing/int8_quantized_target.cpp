#include "base/error.h"
#include "packing/compressed_target.h"
#include "packing/group_walk.h"

namespace nybble::packing {
namespace {

constexpr FormatId i8 = id_of<formats::I8>();
constexpr int zero = 128;  // code of a block that stands for the integer 0

// int8 with a scale for each row, for activations that become int8 with a scale for each token.
class Int8QuantizedTarget final : public CompressedTarget {
 public:
  FormatId format() const override { return id_of<Blocks>(); }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % Blocks::block_len != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), Blocks::block_len);
    return "";
  }
  bool shares_scales() const override { return true; }
  void share_scales(const Shape& shape, std::span<float> scales) const override {
    ScaleGrid{1, shape.cols()}.share(shape, Blocks::block_len, scale_type().nearest, scales);
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    return {{fmt::format("{}.weight", module), i8, shape},
            {fmt::format("{}.weight_scale", module), scale_type().format, {shape.rows(), 1}}};
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    SharedScales scales(scale_type(), out[1], static_cast<std::size_t>(shape.rows()));
    const auto pack_one = [&](std::int64_t row, std::int64_t first, const formats::Group& group) {
      scales.store(static_cast<std::size_t>(row), group.scale);
      const auto at = static_cast<std::size_t>(row * shape.cols() + first);
      for (std::size_t i = 0; i < Blocks::block_len; ++i)
        out[0][at + i] = static_cast<std::byte>(group.codes[i] - zero);
    };
    visit_groups(format(), shape, blocks, pack_one);
    out.give(take);
  }

 private:
  using Blocks = formats::SignedGroup<8, 32>;  // the shortest, for the most lengths of rows

  std::string_view format_name() const override { return "int-quantized"; }
  OrderedJson weights() const override { return quantization_args(8, "int", "channel", 0); }
  OrderedJson inputs() const override { return dynamic_args(8, "int", "token", 0); }
};

}  // namespace

std::unique_ptr<Target> make_int8_quantized(std::string_view options) {
  return options == "w8a8-int8" ? std::make_unique<Int8QuantizedTarget>() : nullptr;
}

}  // namespace nybble::packing
