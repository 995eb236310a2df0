#include <cstring>

#include "base/error.h"
#include "packing/compressed_target.h"
#include "packing/fp4_nibbles.h"

namespace nybble::packing {
namespace {

using formats::MXFP4;

constexpr FormatId u8 = id_of<formats::U8>();

class Mxfp4Target final : public CompressedTarget {
 public:
  FormatId format() const override { return id_of<MXFP4>(); }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % MXFP4::block_len != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), MXFP4::block_len);
    return "";
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    return {{fmt::format("{}.weight_packed", module), u8, {shape.rows(), shape.cols() / 2}},
            {fmt::format("{}.weight_scale", module),
             u8,
             {shape.rows(), shape.cols() / MXFP4::block_len}}};
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    for (std::size_t i = 0; i < out[1].size(); ++i) {
      MXFP4::Block block;
      std::memcpy(&block, blocks.data() + i * sizeof(block), sizeof(block));
      std::uint8_t codes[MXFP4::block_len];
      for (int k = 0; k < MXFP4::block_len; ++k)
        codes[k] = static_cast<std::uint8_t>(MXFP4::code(block, k));
      store_nibbles(codes, i * MXFP4::block_len, MXFP4::block_len, out[0]);
      out[1][i] = static_cast<std::byte>(block.exponent);
    }
    out.give(take);
  }

 private:
  std::string_view format_name() const override { return "mxfp4-pack-quantized"; }
  OrderedJson weights() const override {
    OrderedJson args = quantization_args(4, "float", "group", MXFP4::block_len);
    args["scale_dtype"] = "torch.uint8";
    args["zp_dtype"] = "torch.uint8";
    return args;
  }
};

}  // namespace

std::unique_ptr<Target> make_fp4_quantized(std::string_view options) {
  return options == "mxfp4" ? std::make_unique<Mxfp4Target>() : nullptr;
}

}  // namespace nybble::packing
