#include "base/error.h"
#include "packing/gptq.h"
#include "packing/gptq_layout.h"
#include "packing/group_walk.h"
#include "packing/packed_parts.h"
#include "packing/stored_scales.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>();
// Of blocks that share the scale of a row. Their zero points are alike only in symmetric weights.
constexpr std::int64_t shortest_block = 32;

class GptqTarget final : public Target {
 public:
  GptqTarget(GptqLayout layout, bool symmetric) : layout_(layout), symmetric_(symmetric) {
    layout_.zero_shift = symmetric ? 1 : 0;
  }

  FormatId format() const override {
    return *formats::find_group_format(layout_.bits, block_len(), !symmetric_);
  }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % block_len() != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), block_len());
    if (shape.rows() % 32 != 0) return fmt::format("{} rows are not divisible by 32", shape.rows());
    return "";
  }
  bool shares_scales() const override { return layout_.group < 0; }
  void share_scales(const Shape& shape, std::span<float> scales) const override {
    ScaleGrid{1, shape.cols()}.share(shape, block_len(), scale_type(f16).nearest, scales);
  }
  bool can_store(std::span<const std::byte> blocks) const override {
    return all_groups(format(), blocks, [&](const formats::Group& group) {
      return is_f16(group.scale) && group.zero_point >= layout_.zero_shift &&
             group.zero_point < layout_.zero_shift + (1 << layout_.bits);
    });
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    const std::int64_t groups = layout_.groups(shape.cols());
    const auto name = [&](std::string_view part) { return fmt::format("{}.{}", module, part); };
    return {{name("qweight"), i32, {words_of(shape.cols(), layout_.bits), shape.rows()}},
            {name("qzeros"), i32, {groups, words_of(shape.rows(), layout_.bits)}},
            {name("scales"), f16, {groups, shape.rows()}},
            {name("g_idx"), i32, {shape.cols()}}};
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    pack_groups(shape, blocks, out);
    for (std::int64_t c = 0; c < shape.cols(); ++c)
      store_word(out[3], static_cast<std::size_t>(c),
                 static_cast<std::uint32_t>(c / layout_.group_of(shape.cols())));
    out.give(take);
  }
  void describe(std::span<const std::string>, OrderedJson& config, Texts& texts) const override {
    const OrderedJson quantization = {{"quant_method", "gptq"},
                                      {"bits", layout_.bits},
                                      {"group_size", layout_.group},
                                      {"desc_act", false},
                                      {"sym", symmetric_},
                                      {"lm_head", false},
                                      {"checkpoint_format", symmetric_ ? "gptq" : "gptq_v2"},
                                      {"pack_dtype", "int32"},
                                      {"true_sequential", false},
                                      {"damp_percent", 0.02}};
    config["quantization_config"] = quantization;
    texts["quantize_config.json"] = quantization.dump(2) + "\n";
  }

 private:
  void pack_groups(const Shape& shape, std::span<const std::byte> blocks, PackedParts& out) const {
    const std::int64_t rows = shape.rows();
    SharedScales scales(scale_type(f16), out[2],
                        static_cast<std::size_t>(rows * layout_.groups(shape.cols())));
    const auto pack_one = [&](std::int64_t row, std::int64_t first, const formats::Group& group) {
      const BitWords codes = layout_.codes(rows, row);
      for (std::int64_t i = 0; i < block_len(); ++i)
        codes.store(out[0], static_cast<std::size_t>(first + i), group.codes[i]);
      const std::int64_t g = first / layout_.group_of(shape.cols());
      layout_.zeros(rows, g).store(
          out[1], static_cast<std::size_t>(row),
          static_cast<std::uint32_t>(group.zero_point - layout_.zero_shift));
      scales.store(static_cast<std::size_t>(g * rows + row), group.scale);
    };
    visit_groups(format(), shape, blocks, pack_one);
  }

  std::int64_t block_len() const { return layout_.group > 0 ? layout_.group : shortest_block; }

  GptqLayout layout_;
  bool symmetric_;
};

}  // namespace

std::unique_ptr<Target> make_gptq(std::string_view options) {
  for (const int bits : {2, 3, 4, 8}) {
    if (options == fmt::format("{}b", bits))
      return std::make_unique<GptqTarget>(GptqLayout{bits, -1, 1}, true);
  }
  for (const bool symmetric : {true, false}) {
    for (const int bits : {2, 3, 4, 8}) {
      for (const int group : {32, 64, 128}) {
        if (options == fmt::format("{}b-g{}{}", bits, group, symmetric ? "" : "-asym"))
          return std::make_unique<GptqTarget>(GptqLayout{bits, group, 1}, symmetric);
      }
    }
  }
  return nullptr;
}

}  // namespace nybble::packing
