#include "base/error.h"
#include "packing/awq_gemm.h"
#include "packing/awq_words.h"
#include "packing/group_walk.h"
#include "packing/packed_parts.h"
#include "packing/stored_scales.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>();

class AwqTarget final : public Target {
 public:
  explicit AwqTarget(std::int64_t group) : group_(group) {}

  FormatId format() const override { return *formats::find_group_format(4, group_, true); }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % group_ != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), group_);
    if (shape.rows() % 8 != 0) return fmt::format("{} rows are not divisible by 8", shape.rows());
    return "";
  }
  bool can_store(std::span<const std::byte> blocks) const override {
    return all_groups(format(), blocks, [&](const formats::Group& group) {
      return is_f16(group.scale) && group.zero_point < 16;
    });
  }
  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    const std::int64_t groups = shape.cols() / group_;
    const auto name = [&](std::string_view part) { return fmt::format("{}.{}", module, part); };
    return {{name("qweight"), i32, {shape.cols(), shape.rows() / 8}},
            {name("qzeros"), i32, {groups, shape.rows() / 8}},
            {name("scales"), f16, {groups, shape.rows()}}};
  }
  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    PackedParts out(parts("", shape));
    const std::int64_t rows = shape.rows();
    const auto pack_one = [&](std::int64_t row, std::int64_t first, const formats::Group& group) {
      const std::int64_t g = first / group_;
      if (group.zero_point > 15) {
        fail(ErrorKind::unsupported, "row {}, group {}: the zero point is {}, expected 0 to 15",
             row, g, group.zero_point);
      }
      for (std::int64_t i = 0; i < group_; ++i)
        AwqWords(rows, first + i).store(out[0], row, group.codes[i]);
      AwqWords(rows, g).store(out[1], row, static_cast<std::uint32_t>(group.zero_point));
      store_f16(out[2], static_cast<std::size_t>(g * rows + row), group.scale);
    };
    visit_groups(format(), shape, blocks, pack_one);
    out.give(take);
  }
  void describe(std::span<const std::string> kept, OrderedJson& config, Texts&) const override {
    config["quantization_config"] = {{"quant_method", "awq"}, {"bits", 4},
                                     {"group_size", group_},  {"zero_point", true},
                                     {"version", "gemm"},     {"modules_to_not_convert", kept}};
  }

 private:
  std::int64_t group_;
};

}  // namespace

std::unique_ptr<Target> make_awq(std::string_view options) {
  for (const int group : {32, 64, 128}) {
    if (options == fmt::format("4b-g{}", group)) return std::make_unique<AwqTarget>(group);
  }
  return nullptr;
}

}  // namespace nybble::packing
