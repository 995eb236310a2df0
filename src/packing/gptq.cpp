#include "packing/gptq.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "formats/group_blocks.h"
#include "packing/bit_words.h"
#include "packing/group_size.h"

namespace nybble::packing {
namespace {

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), f32 = id_of<formats::F32>();

// What both ways share: the numbers of a checkpoint.
struct Layout {
  int bits = 4;
  std::int64_t group = 128;  // columns that share a scale; -1: the whole row
  int zero_shift = 1;        // of stored zero points: 1 as "gptq" has them, 0 as "gptq_v2"

  std::int64_t group_of(std::int64_t cols) const {
    return group > 0 ? std::min(group, cols) : cols;
  }
  std::int64_t groups(std::int64_t cols) const {
    return (cols + group_of(cols) - 1) / group_of(cols);
  }
  // Codes of a row lie below each other.
  BitWords codes(std::int64_t rows, std::int64_t row) const {
    return {bits, static_cast<std::size_t>(row), static_cast<std::size_t>(rows)};
  }
  // Zero points of a group lie side by side.
  BitWords zeros(std::int64_t rows, std::int64_t group_index) const {
    return {bits, static_cast<std::size_t>(group_index * words_of(rows, bits)), 1};
  }
};

float load_scale(const files::NamedTensor& scales, std::size_t i) {
  const formats::FormatInfo& format = formats::info(scales.data.format);
  float scale = 0;
  format.decode(scales.data.bytes.data() + i * static_cast<std::size_t>(format.block_bytes), 1,
                &scale);
  return scale;
}

struct Parts {
  const files::NamedTensor &qweight, &qzeros, &scales;

  Parts(const files::Checkpoint& checkpoint, std::string_view module, const Layout& layout,
        const Shape& shape)
      : qweight(part_of(checkpoint, module, "qweight", {i32},
                        {words_of(shape.cols(), layout.bits), shape.rows()})),
        qzeros(part_of(checkpoint, module, "qzeros", {i32},
                       {layout.groups(shape.cols()), words_of(shape.rows(), layout.bits)})),
        scales(part_of(checkpoint, module, "scales", {f16, bf16, f32},
                       {layout.groups(shape.cols()), shape.rows()})) {}

  int zero_point(const Layout& layout, std::int64_t group, std::int64_t row) const {
    const BitWords zeros = layout.zeros(qweight.data.shape.cols(), group);
    return static_cast<int>(zeros.load(qzeros.data.bytes, static_cast<std::size_t>(row))) +
           layout.zero_shift;
  }
};

// The columns in the order of their groups, when g_idx has them otherwise.
std::vector<std::int32_t> order_of(const files::NamedTensor& g_idx, std::int64_t group) {
  const auto n = static_cast<std::size_t>(g_idx.data.shape.cols());
  std::vector<std::int32_t> groups(n), order(n);
  std::memcpy(groups.data(), g_idx.data.bytes.data(), n * sizeof(std::int32_t));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](std::int32_t c) { return groups[static_cast<std::size_t>(c)]; });
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t found = groups[static_cast<std::size_t>(order[i])],
                       expected = static_cast<std::int64_t>(i) / group;
    if (found != expected) {
      fail(ErrorKind::corrupt_file,
           "tensor '{}' gives column {} the group {}, expected {}: every group has {} columns",
           g_idx.name, order[i], found, expected, group);
    }
  }
  return std::ranges::is_sorted(order) ? std::vector<std::int32_t>() : order;
}

class Gptq final : public Scheme {
 public:
  Gptq(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint) {
    layout_.bits = config.integer("bits");
    layout_.group = read_group_size(config);
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
      order = order_of(*used.back(), group);
    }
    auto weight = std::make_shared<PackedWeight>(
        format, shape, used, [parts, order, shape, format, group, layout = layout_](auto blocks) {
          unpack(parts, layout, group, order, shape, format, blocks);
        });
    weight->column_order = std::move(order);
    return weight;
  }

 private:
  static std::int64_t read_group_size(const files::HfConfig& config) {
    const double size = config.number("group_size", 128);
    if (size == -1) return -1;
    if (size < 1 || size != std::floor(size) || size > 1e9) {
      fail(ErrorKind::corrupt_file, "{}: group_size is {}, expected a whole number or -1",
           config.where(), size);
    }
    return static_cast<std::int64_t>(size);
  }

  // Files from before the label hold the zero points less one; some of other writers do not.
  void read_zero_shift(const files::HfConfig& config) {
    const std::string label = config.text("checkpoint_format", config.text("format", ""));
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
        "the checkpoint does not say which zero points it holds; by its weights it is {}",
        layout_.zero_shift == 1 ? "'gptq' (zero points less one)" : "'gptq_v2'"));
  }

  // Weights have a mean near 0: the reading that brings the first module's nearer is right.
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
    return 2 * sum > n ? 1 : 0;
  }

  static void unpack(const Parts& parts, const Layout& layout, std::int64_t group,
                     const std::vector<std::int32_t>& order, const Shape& shape, FormatId format,
                     std::span<std::byte> out) {
    const formats::GroupBlocks& blocks = *formats::group_blocks(format);
    const std::int64_t rows = shape.rows(), n = shape.cols() / blocks.len;
    const auto size = static_cast<std::size_t>(formats::info(format).block_bytes);
    formats::Group one;
    for (std::int64_t b = 0; b < n; ++b) {
      const std::int64_t first = b * blocks.len, g = first / group;
      for (std::int64_t row = 0; row < rows; ++row) {
        one.scale = load_scale(parts.scales, static_cast<std::size_t>(g * rows + row));
        one.zero_point = parts.zero_point(layout, g, row);
        const BitWords codes = layout.codes(rows, row);
        for (std::int64_t i = 0; i < blocks.len; ++i) {
          const auto c = static_cast<std::size_t>(first + i);
          const std::size_t col = order.empty() ? c : static_cast<std::size_t>(order[c]);
          one.codes[i] = static_cast<std::uint8_t>(codes.load(parts.qweight.data.bytes, col));
        }
        blocks.store(one, out.data() + static_cast<std::size_t>(row * n + b) * size);
      }
    }
  }

  const files::Checkpoint& checkpoint_;
  Layout layout_;
};

class GptqTarget final : public Target {
 public:
  GptqTarget(Layout layout, bool symmetric) : layout_(layout), symmetric_(symmetric) {
    layout_.zero_shift = symmetric ? 1 : 0;
  }

  FormatId format() const override {
    return *formats::find_group_format(layout_.bits, layout_.group, !symmetric_);
  }
  std::string refuses(const Shape& shape) const override {
    if (shape.cols() % layout_.group != 0)
      return fmt::format("rows of {} are not divisible by {}", shape.cols(), layout_.group);
    if (shape.rows() % 32 != 0) return fmt::format("{} rows are not divisible by 32", shape.rows());
    return "";
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
    const std::vector<files::TensorPlan> plans = parts("", shape);
    std::vector<std::vector<std::byte>> out;
    for (const files::TensorPlan& plan : plans) {
      out.emplace_back(static_cast<std::size_t>(plan.shape.rows()) *
                       row_bytes(plan.format, plan.shape.cols()));
    }
    pack_groups(shape, blocks, out);
    for (std::int64_t c = 0; c < shape.cols(); ++c)
      store_word(out[3], static_cast<std::size_t>(c),
                 static_cast<std::uint32_t>(c / layout_.group));
    for (const auto& bytes : out) take(bytes);
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
  void pack_groups(const Shape& shape, std::span<const std::byte> blocks,
                   std::vector<std::vector<std::byte>>& out) const {
    const formats::GroupBlocks& access = *formats::group_blocks(format());
    const auto size = static_cast<std::size_t>(formats::info(format()).block_bytes);
    const std::int64_t rows = shape.rows(), groups = layout_.groups(shape.cols());
    formats::Group group;
    for (std::int64_t row = 0; row < rows; ++row) {
      const BitWords codes = layout_.codes(rows, row);
      for (std::int64_t g = 0; g < groups; ++g) {
        access.load(blocks.data() + static_cast<std::size_t>(row * groups + g) * size, group);
        for (std::int64_t i = 0; i < layout_.group; ++i)
          codes.store(out[0], static_cast<std::size_t>(g * layout_.group + i), group.codes[i]);
        layout_.zeros(rows, g).store(
            out[1], static_cast<std::size_t>(row),
            static_cast<std::uint32_t>(group.zero_point - layout_.zero_shift));
        const Half scale = to_half(group.scale);
        std::memcpy(out[2].data() + static_cast<std::size_t>(g * rows + row) * sizeof(scale),
                    &scale, sizeof(scale));
      }
    }
  }

  Layout layout_;
  bool symmetric_;
};

}  // namespace

std::unique_ptr<Scheme> open_gptq(const files::Checkpoint& checkpoint,
                                  const files::HfConfig& config) {
  return std::make_unique<Gptq>(checkpoint, config);
}

std::unique_ptr<Target> make_gptq(std::string_view options) {
  for (const bool symmetric : {true, false}) {
    for (const int bits : {2, 3, 4, 8}) {
      for (const int group : {32, 64, 128}) {
        if (options == fmt::format("{}b-g{}{}", bits, group, symmetric ? "" : "-asym"))
          return std::make_unique<GptqTarget>(Layout{bits, group, 1}, symmetric);
      }
    }
  }
  return nullptr;
}

}  // namespace nybble::packing
