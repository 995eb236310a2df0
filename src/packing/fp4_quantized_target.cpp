#include <cstring>

#include "base/error.h"
#include "packing/compressed_target.h"
#include "packing/fp4_nibbles.h"

namespace nybble::packing {
namespace {

using formats::MXFP4;
using formats::NVFP4;

constexpr FormatId u8 = id_of<formats::U8>(), f8 = id_of<formats::F8_E4M3>(),
                   f32 = id_of<formats::F32>();

// FP4 codes two a byte, and the scales of blocks beside each other as they are.
template <class F>
class Fp4Target : public CompressedTarget {
 public:
  FormatId format() const override { return id_of<F>(); }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % F::block_len != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), F::block_len);
    return "";
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    constexpr std::size_t n_scales = F::block_len / F::group_len;
    for (std::size_t i = 0; i < blocks.size() / sizeof(typename F::Block); ++i) {
      typename F::Block block;
      std::memcpy(&block, blocks.data() + i * sizeof(block), sizeof(block));
      std::uint8_t codes[F::block_len];
      for (int k = 0; k < F::block_len; ++k)
        codes[k] = static_cast<std::uint8_t>(F::code(block, k));
      store_nibbles(codes, i * F::block_len, F::block_len, out[0]);
      // Blocks begin with their scales.
      std::memcpy(out[1].data() + i * n_scales, &block, n_scales);
    }
    finish(out);
    out.give(take);
  }

 protected:
  std::vector<files::TensorPlan> codes_and_scales(std::string_view module, const Shape& shape,
                                                  FormatId scale) const {
    return {{fmt::format("{}.weight_packed", module), u8, {shape.rows(), shape.cols() / 2}},
            {fmt::format("{}.weight_scale", module),
             scale,
             {shape.rows(), shape.cols() / F::group_len}}};
  }
  // Fills what else there is.
  virtual void finish(PackedParts&) const {}
};

class Mxfp4Target final : public Fp4Target<MXFP4> {
 public:
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    return codes_and_scales(module, shape, u8);
  }

 private:
  std::string_view format_name() const override { return "mxfp4-pack-quantized"; }
  OrderedJson weights() const override {
    OrderedJson args = quantization_args(4, "float", "group", MXFP4::group_len);
    args["scale_dtype"] = "torch.uint8";
    args["zp_dtype"] = "torch.uint8";
    return args;
  }
};

// The scale of a weight is the same for all, so that those which programs join (q, k and v; gate
// and up) have the same, as they ask for. E4M3 scales of groups up to 10.5 fit then, and those from
// 0.0004 on have all their bits.
class Nvfp4Target final : public Fp4Target<NVFP4> {
 public:
  float scale() const override { return 1 / divisor; }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    std::vector<files::TensorPlan> parts = codes_and_scales(module, shape, f8);
    parts.push_back({fmt::format("{}.weight_global_scale", module), f32, {1}});
    return parts;
  }

 private:
  static constexpr float divisor = 256;

  std::string_view format_name() const override { return "nvfp4-pack-quantized"; }
  OrderedJson weights() const override {
    OrderedJson args = quantization_args(4, "float", "tensor_group", NVFP4::group_len);
    args["scale_dtype"] = "torch.float8_e4m3fn";
    args["zp_dtype"] = "torch.float8_e4m3fn";
    return args;
  }
  void finish(PackedParts& out) const override {
    std::memcpy(out[2].data(), &divisor, sizeof(divisor));
  }
};

}  // namespace

std::unique_ptr<Target> make_fp4_quantized(std::string_view options) {
  if (options == "mxfp4") return std::make_unique<Mxfp4Target>();
  if (options == "nvfp4") return std::make_unique<Nvfp4Target>();
  return nullptr;
}

}  // namespace nybble::packing
