#include "packing/awq_gemm.h"

#include <algorithm>

#include "base/error.h"
#include "packing/awq_words.h"
#include "packing/group_size.h"
#include "packing/group_walk.h"
#include "packing/stored_scales.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), f32 = id_of<formats::F32>();

struct Parts {
  const files::NamedTensor &qweight, &qzeros, &scales;

  Parts(const files::Checkpoint& checkpoint, std::string_view module, std::int64_t group,
        const Shape& shape)
      : qweight(part_of(checkpoint, module, "qweight", {i32}, {shape.cols(), shape.rows() / 8})),
        qzeros(
            part_of(checkpoint, module, "qzeros", {i32}, {shape.cols() / group, shape.rows() / 8})),
        scales(part_of(checkpoint, module, "scales", {f16, bf16, f32},
                       {shape.cols() / group, shape.rows()})) {}
};

void unpack(const Parts& parts, std::int64_t group, const Shape& shape, FormatId format,
            std::span<std::byte> out) {
  const std::int64_t rows = shape.rows(), len = formats::info(format).block_len;
  const auto fill = [&](std::int64_t row, std::int64_t first, formats::Group& one) {
    const std::int64_t g = first / group;
    one.scale = load_value(parts.scales, static_cast<std::size_t>(g * rows + row));
    one.zero_point = static_cast<int>(AwqWords(rows, g).load(parts.qzeros.data.bytes, row));
    for (std::int64_t i = 0; i < len; ++i) {
      one.codes[i] =
          static_cast<std::uint8_t>(AwqWords(rows, first + i).load(parts.qweight.data.bytes, row));
    }
  };
  fill_groups(format, shape, out, fill);
}

class Awq final : public Scheme {
 public:
  Awq(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint), group_(read_group_size(config, 128)) {
    if (const int bits = config.integer("bits", 4); bits != 4) {
      fail(ErrorKind::unsupported, "{}: AWQ with {} bits, expected 4: the layout has no others",
           config.where(), bits);
    }
    std::string version = config.text("version", "gemm");
    std::ranges::transform(version, version.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (version != "gemm") {
      fail(ErrorKind::unsupported,
           "{}: AWQ of version '{}', expected 'gemm': others order their words for one kernel",
           config.where(), version);
    }
  }

  std::string describe() const override {
    return fmt::format("AWQ, 4 bits in {}",
                       group_ > 0 ? fmt::format("groups of {}", group_) : "rows");
  }

  std::shared_ptr<const PackedWeight> find(std::string_view module,
                                           const Shape& shape) const override {
    if (checkpoint_.find(fmt::format("{}.qweight", module)) == nullptr) return nullptr;
    const std::int64_t group = group_ > 0 ? group_ : shape.cols(),
                       len = block_len_for(group, shape.cols());
    if (len == 0 || shape.cols() % group != 0 || shape.rows() % 8 != 0) {
      fail(
          ErrorKind::unsupported,
          "{}: '{}' is {} in groups of {}; nybble reads groups that 32 divides and that divide the "
          "row, and rows that 8 divides",
          checkpoint_.path.string(), module, shape.to_string(), group);
    }
    const Parts parts(checkpoint_, module, group, shape);
    const FormatId format = *formats::find_group_format(4, len, true);
    return std::make_shared<PackedWeight>(format, shape,
                                          std::vector{&parts.qweight, &parts.qzeros, &parts.scales},
                                          [parts, shape, format, group](auto blocks) {
                                            unpack(parts, group, shape, format, blocks);
                                          });
  }

 private:
  const files::Checkpoint& checkpoint_;
  std::int64_t group_;  // -1: the whole row
};

}  // namespace

std::unique_ptr<Scheme> open_awq(const files::Checkpoint& checkpoint,
                                 const files::HfConfig& config) {
  return std::make_unique<Awq>(checkpoint, config);
}

}  // namespace nybble::packing
