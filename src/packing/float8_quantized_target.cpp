#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "packing/compressed_target.h"

namespace nybble::packing {
namespace {

constexpr FormatId f8 = id_of<formats::F8_E4M3>();
constexpr std::int64_t side = 128;  // of the squares that share a scale

// FP8 with a scale for each row or for each square of 128 x 128 values.
class Float8QuantizedTarget final : public CompressedTarget {
 public:
  explicit Float8QuantizedTarget(bool in_squares) : in_squares_(in_squares) {}

  // The shortest blocks, for the most lengths of rows, where no square has to be whole.
  FormatId format() const override {
    return in_squares_ ? id_of<formats::GroupFloat8<side>>() : id_of<formats::GroupFloat8<32>>();
  }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % block_len() != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), block_len());
    return "";
  }
  bool shares_scales() const override { return true; }
  // Rounded up, so that the largest magnitude does not pass 448.
  void share_scales(const Shape& shape, std::span<float> scales) const override {
    grid(shape).share(shape, block_len(), scale_type().next, scales);
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    return {
        {fmt::format("{}.weight", module), f8, shape},
        {fmt::format("{}.weight_scale", module), scale_type().format, grid(shape).shape(shape)}};
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    const ScaleGrid shared = grid(shape);
    SharedScales scales(scale_type(), out[1],
                        static_cast<std::size_t>(shared.shape(shape).count()));
    const std::byte* block = blocks.data();
    auto values = out[0].begin();
    for (std::int64_t row = 0; row < shape.rows(); ++row) {
      for (std::int64_t c = 0; c < shape.cols(); c += block_len()) {
        float scale = 0;
        std::memcpy(&scale, block, sizeof(scale));
        scales.store(shared.index(shape, row, c), scale);
        block += sizeof(scale);
        values = std::copy_n(block, block_len(), values);
        block += block_len();
      }
    }
    out.give(take);
  }

 private:
  std::string_view format_name() const override { return "float-quantized"; }
  OrderedJson weights() const override {
    OrderedJson args = quantization_args(8, "float", in_squares_ ? "block" : "channel", 0);
    if (in_squares_) args["block_structure"] = {side, side};
    return args;
  }
  OrderedJson inputs() const override {
    return in_squares_ ? dynamic_args(8, "float", "group", side)
                       : dynamic_args(8, "float", "token", 0);
  }
  std::int64_t block_len() const { return formats::info(format()).block_len; }
  ScaleGrid grid(const Shape& shape) const {
    return in_squares_ ? ScaleGrid{side, side} : ScaleGrid{1, shape.cols()};
  }

  bool in_squares_;
};

}  // namespace

std::unique_ptr<Target> make_float8_quantized(std::string_view options) {
  if (options != "fp8" && options != "fp8-block") return nullptr;
  return std::make_unique<Float8QuantizedTarget>(options == "fp8-block");
}

}  // namespace nybble::packing
