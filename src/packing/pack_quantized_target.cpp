#include "base/error.h"
#include "packing/bit_words.h"
#include "packing/compressed_target.h"
#include "packing/group_walk.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), i64 = id_of<formats::I64>();
// Of blocks that share the scale of a row.
constexpr std::int64_t shortest_block = 32;

class PackQuantizedTarget final : public CompressedTarget {
 public:
  // group: 0 for one scale a row.
  PackQuantizedTarget(int bits, std::int64_t group, bool symmetric)
      : bits_(bits), group_(group), symmetric_(symmetric) {}

  FormatId format() const override {
    return *formats::find_group_format(bits_, group_ > 0 ? group_ : shortest_block, !symmetric_);
  }
  std::string refuses(const Shape& shape) const override {
    const std::int64_t len = formats::info(format()).block_len;
    if (shape.cols() % len != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), len);
    return "";
  }
  bool shares_scales() const override { return group_ == 0; }
  void share_scales(const Shape& shape, std::span<float> scales) const override {
    grid(shape).share(shape, shortest_block, scale_type().nearest, scales);
  }
  bool can_store(std::span<const std::byte> blocks) const override {
    return all_groups(format(), blocks, [&](const formats::Group& group) {
      return scale_type().holds(group.scale) && group.zero_point < 1 << bits_;
    });
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    const auto name = [&](std::string_view part) { return fmt::format("{}.{}", module, part); };
    const Shape scales = grid(shape).shape(shape);
    std::vector<files::TensorPlan> parts = {
        {name("weight_packed"), i32, {shape.rows(), words_of(shape.cols(), bits_)}},
        {name("weight_scale"), scale_type().format, scales},
        {name("weight_shape"), i64, {2}}};
    if (!symmetric_) {
      parts.push_back(
          {name("weight_zero_point"), i32, {words_of(scales.rows(), bits_), scales.cols()}});
    }
    return parts;
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    const ScaleGrid shared = grid(shape);
    const Shape scales = shared.shape(shape);
    SharedScales shared_scales(scale_type(), out[1], static_cast<std::size_t>(scales.count()));
    const auto groups = static_cast<std::size_t>(scales.cols());
    const std::int64_t row_words = words_of(shape.cols(), bits_),
                       len = formats::info(format()).block_len;
    const auto pack_one = [&](std::int64_t row, std::int64_t first, const formats::Group& group) {
      const std::size_t scale = shared.index(shape, row, first);
      shared_scales.store(scale, group.scale);
      if (!symmetric_) store_zero_point(out[3], scale, groups, group.zero_point);
      const BitWords codes{bits_, static_cast<std::size_t>(row * row_words), 1};
      for (std::int64_t i = 0; i < len; ++i)
        codes.store(out[0], static_cast<std::size_t>(first + i), group.codes[i]);
    };
    visit_groups(format(), shape, blocks, pack_one);
    const std::int64_t sides[] = {shape.rows(), shape.cols()};
    std::ranges::copy(std::as_bytes(std::span(sides)), out[2].begin());
    out.give(take);
  }

 private:
  std::string_view format_name() const override { return "pack-quantized"; }
  OrderedJson weights() const override {
    return quantization_args(bits_, "int", group_ > 0 ? "group" : "channel", group_, symmetric_);
  }
  ScaleGrid grid(const Shape& shape) const { return {1, group_ > 0 ? group_ : shape.cols()}; }
  void store_zero_point(std::span<std::byte> bytes, std::size_t scale, std::size_t groups,
                        int zero_point) const {
    if (zero_point >= 1 << bits_) {
      fail(ErrorKind::unsupported, "row {}, group {}: the zero point is {}, expected 0 to {}",
           scale / groups, scale % groups, zero_point, (1 << bits_) - 1);
    }
    BitWords{bits_, scale % groups, groups}.store(bytes, scale / groups,
                                                  static_cast<std::uint32_t>(zero_point));
  }

  int bits_;
  std::int64_t group_;
  bool symmetric_;
};

}  // namespace

std::unique_ptr<Target> make_pack_quantized(std::string_view options) {
  if (options == "w8a16") return std::make_unique<PackQuantizedTarget>(8, 0, true);
  for (const int bits : {4, 8}) {
    for (const int group : {32, 64, 128}) {
      for (const bool symmetric : {true, false}) {
        if (options == fmt::format("w{}a16-g{}{}", bits, group, symmetric ? "" : "-asym"))
          return std::make_unique<PackQuantizedTarget>(bits, group, symmetric);
      }
    }
  }
  return nullptr;
}

}  // namespace nybble::packing
