#include "packing/gptq.h"

#include <algorithm>

#include "base/error.h"
#include "packing/column_order.h"
#include "packing/gptq_layout.h"
#include "packing/group_size.h"
#include "packing/group_walk.h"
#include "packing/stored_scales.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), f32 = id_of<formats::F32>();

struct Parts {
  const files::NamedTensor &qweight, &qzeros, &scales;

  Parts(const files::Checkpoint& checkpoint, std::string_view module, const GptqLayout& layout,
        const Shape& shape)
      : qweight(part_of(checkpoint, module, "qweight", {i32},
                        {words_of(shape.cols(), layout.bits), shape.rows()})),
        qzeros(part_of(checkpoint, module, "qzeros", {i32},
                       {layout.groups(shape.cols()), words_of(shape.rows(), layout.bits)})),
        scales(part_of(checkpoint, module, "scales", {f16, bf16, f32},
                       {layout.groups(shape.cols()), shape.rows()})) {}

  int zero_point(const GptqLayout& layout, std::int64_t group, std::int64_t row) const {
    const BitWords zeros = layout.zeros(qweight.data.shape.cols(), group);
    return static_cast<int>(zeros.load(qzeros.data.bytes, static_cast<std::size_t>(row))) +
           layout.zero_shift;
  }
};

class Gptq final : public Scheme {
 public:
  Gptq(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint) {
    layout_.bits = config.integer("bits");
    layout_.group = read_group_size(config, 128);
    if (!formats::find_group_format(layout_.bits, 32, true)) {
      fail(ErrorKind::unsupported, "{}: GPTQ with {} bits; nybble reads 2, 3, 4 and 8",
           config.where(), layout_.bits);
    }
    read_zero_shift(config);
  }

  std::string describe() const override {
    return fmt::format("GPTQ, {} bits in {}", layout_.bits,
                       layout_.group > 0 ? fmt::format("groups of {}", layout_.group) : "rows");
  }

  std::shared_ptr<const PackedWeight> find(std::string_view module,
                                           const Shape& shape) const override {
    if (checkpoint_.find(fmt::format("{}.qweight", module)) == nullptr) return nullptr;
    const std::int64_t group = layout_.group_of(shape.cols()),
                       len = block_len_for(group, shape.cols());
    if (len == 0 || shape.rows() % 32 != 0) {
      fail(ErrorKind::unsupported,
           "{}: '{}' is {} in groups of {}; nybble reads groups and rows that 32 divides",
           checkpoint_.path.string(), module, shape.to_string(), group);
    }
    const Parts parts(checkpoint_, module, layout_, shape);
    const FormatId format = *formats::find_group_format(layout_.bits, len, true);
    std::vector<const files::NamedTensor*> used{&parts.qweight, &parts.qzeros, &parts.scales};
    std::vector<std::int32_t> order;
    if (checkpoint_.find(fmt::format("{}.g_idx", module)) != nullptr) {
      used.push_back(&part_of(checkpoint_, module, "g_idx", {i32}, {shape.cols()}));
      order = column_order_of(*used.back(), group);
    }
    auto weight = std::make_shared<PackedWeight>(
        format, shape, used, [parts, order, shape, format, group, layout = layout_](auto blocks) {
          unpack(parts, layout, group, order, shape, format, blocks);
        });
    weight->column_order = std::move(order);
    return weight;
  }

 private:
  // Files from before the label hold the zero points less one; some of other writers do not.
  void read_zero_shift(const files::HfConfig& config) {
    const std::string said = config.text("checkpoint_format", config.text("format", ""));
    const std::string& label = checkpoint_.assumed.empty() ? said : checkpoint_.assumed;
    if (label == "gptq" || label == "gptq_v2") {
      layout_.zero_shift = label == "gptq" ? 1 : 0;
      return;
    }
    if (!label.empty()) {
      fail(ErrorKind::unsupported,
           "{}: checkpoint_format is '{}'; nybble reads 'gptq' and 'gptq_v2'", config.where(),
           label);
    }
    layout_.zero_shift = guess_zero_shift();
    notes_.push_back(fmt::format(
        "the checkpoint does not say which zero points it holds; by its weights it is {} "
        "(--assume says otherwise)",
        layout_.zero_shift == 1 ? "'gptq' (zero points less one)" : "'gptq_v2'"));
  }

  // The integers of weights have a mean near 0, or down to -1/2 when all of -8 ... 7 are as
  // frequent: zero points less one bring it to 1/2 ... 1, others to -1/2 ... 0.
  int guess_zero_shift() const {
    const auto first = std::ranges::find_if(checkpoint_.tensors, [](const files::NamedTensor& t) {
      return t.name.ends_with(".qweight");
    });
    if (first == checkpoint_.tensors.end() || first->data.shape.rank() != 2) return 1;
    const std::string module = first->name.substr(0, first->name.size() - 8);
    const Shape shape{first->data.shape.cols(), first->data.shape[0] * 32 / layout_.bits};
    const Parts parts(checkpoint_, module, layout_, shape);
    std::int64_t sum = 0, n = 0;  // of code - stored zero point
    for (std::int64_t row = 0; row < std::min<std::int64_t>(shape.rows(), 64); ++row) {
      const BitWords codes = layout_.codes(shape.rows(), row);
      for (std::int64_t c = 0; c < shape.cols(); ++c, ++n) {
        const std::int64_t group = c / layout_.group_of(shape.cols());
        sum += static_cast<std::int64_t>(
                   codes.load(parts.qweight.data.bytes, static_cast<std::size_t>(c))) -
               (parts.zero_point(layout_, group, row) - layout_.zero_shift);
      }
    }
    return 4 * sum > n ? 1 : 0;
  }

  static void unpack(const Parts& parts, const GptqLayout& layout, std::int64_t group,
                     const std::vector<std::int32_t>& order, const Shape& shape, FormatId format,
                     std::span<std::byte> out) {
    const std::int64_t rows = shape.rows(), len = formats::info(format).block_len;
    const auto fill = [&](std::int64_t row, std::int64_t first, formats::Group& one) {
      const std::int64_t g = first / group;
      one.scale = load_value(parts.scales, static_cast<std::size_t>(g * rows + row));
      one.zero_point = parts.zero_point(layout, g, row);
      const BitWords codes = layout.codes(rows, row);
      for (std::int64_t i = 0; i < len; ++i) {
        const auto c = static_cast<std::size_t>(first + i);
        const std::size_t col = order.empty() ? c : static_cast<std::size_t>(order[c]);
        one.codes[i] = static_cast<std::uint8_t>(codes.load(parts.qweight.data.bytes, col));
      }
    };
    fill_groups(format, shape, out, fill);
  }

  const files::Checkpoint& checkpoint_;
  GptqLayout layout_;
};

}  // namespace

std::unique_ptr<Scheme> open_gptq(const files::Checkpoint& checkpoint,
                                  const files::HfConfig& config) {
  return std::make_unique<Gptq>(checkpoint, config);
}

}  // namespace nybble::packing
