// Writing NF4 and FP4 as bitsandbytes keeps them.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "formats/fp4.h"
#include "formats/nf4.h"
#include "packing/bitsandbytes_targets.h"
#include "packing/double_quantization.h"

namespace nybble::packing {
namespace {

constexpr FormatId f32 = id_of<formats::F32>(), u8 = id_of<formats::U8>();

constexpr std::string_view double_suffix = "-dq";

// The type that transformers computes in: that of the model.
OrderedJson compute_type(const OrderedJson& config) {
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (const auto type = config.find(key); type != config.end() && type->is_string()) return *type;
  }
  return "float32";
}

// F: NF4 or FP4. is_double: scales are quantized, too.
template <class F>
class FourBitTarget final : public Target {
 public:
  FourBitTarget(std::string_view type, bool is_double) : type_(type), is_double_(is_double) {}

  FormatId format() const override { return id_of<F>(); }
  std::string refuses(const Shape& shape) const override {
    return shape.cols() % block_len == 0
               ? ""
               : fmt::format("rows of {} are not divisible by {}", shape.cols(), block_len);
  }
  bool shares_scales() const override { return is_double_; }
  void share_scales(const Shape&, std::span<float> scales) const override {
    const DoubleQuantized quantized = quantize_scales(scales);
    std::ranges::copy(decode_scales(quantized, dynamic_map(), nested_block_len), scales.begin());
  }

  std::vector<files::TensorPlan> parts(std::string_view module, const Shape& shape) const override {
    const std::string weight = fmt::format("{}.weight", module);
    const std::int64_t n = shape.count(), blocks = n / block_len,
                       nested_len = static_cast<std::int64_t>(nested_block_len);
    std::vector<files::TensorPlan> plans{
        {weight, u8, {n / 2, 1}},
        {weight + ".absmax", is_double_ ? u8 : f32, {blocks}},
        {weight + ".quant_map", f32, {16}},
        {fmt::format("{}.quant_state.bitsandbytes__{}", weight, type_),
         u8,
         {static_cast<std::int64_t>(state_text(shape, 0).size())}}};
    if (is_double_) {
      plans.push_back({weight + ".nested_absmax", f32, {(blocks + nested_len - 1) / nested_len}});
      plans.push_back({weight + ".nested_quant_map", f32, {256}});
    }
    return plans;
  }

  void pack(const Shape& shape, std::span<const std::byte> blocks,
            const Take& take) const override {
    std::vector<std::byte> codes;
    const std::vector<float> scales = split(blocks, codes);
    take(codes);
    DoubleQuantized quantized;
    if (is_double_) {
      quantized = find(shape, scales);
      take(bytes_of(quantized.codes));
    } else {
      take(bytes_of(scales));
    }
    take(bytes_of(F::table.value));
    take(bytes_of(state_text(shape, quantized.offset)));
    if (!is_double_) return;
    take(bytes_of(quantized.absmax));
    take(bytes_of(dynamic_map()));
  }

  void describe(std::span<const std::string> kept, OrderedJson& config, Texts&) const override {
    OrderedJson quantization = bitsandbytes_config(true, kept);
    quantization["bnb_4bit_quant_type"] = type_;
    quantization["bnb_4bit_use_double_quant"] = is_double_;
    quantization["bnb_4bit_compute_dtype"] = compute_type(config);
    quantization["bnb_4bit_quant_storage"] = "uint8";
    config["quantization_config"] = std::move(quantization);
  }

 private:
  static constexpr std::int64_t block_len = F::block_len;

  // Filled up with spaces, which JSON allows at its end, since the offset has as many digits as it
  // needs and the plan is made before it is known. dtype is that of decoded weights: exact.
  std::string state_text(const Shape& shape, float offset) const {
    OrderedJson state{{"quant_type", type_},
                      {"blocksize", block_len},
                      {"dtype", "float32"},
                      {"shape", std::vector(shape.dims().begin(), shape.dims().end())}};
    if (!is_double_) return state.dump();
    state["nested_blocksize"] = nested_block_len;
    state["nested_dtype"] = "float32";
    state["nested_offset"] = 0;
    const std::size_t size = state.dump().size() + 25;  // the longest double has 24 characters
    state["nested_offset"] = double{offset};
    std::string text = state.dump();
    text.resize(size, ' ');
    return text;
  }

  // Two codes a byte, the first in the high bits; returns the scales.
  static std::vector<float> split(std::span<const std::byte> blocks,
                                  std::vector<std::byte>& codes) {
    std::vector<float> scales;
    typename F::Block block;
    for (; !blocks.empty(); blocks = blocks.subspan(sizeof(block))) {
      std::memcpy(&block, blocks.data(), sizeof(block));
      scales.push_back(block.scale);
      for (int i = 0; i < block_len; i += 2) {
        codes.push_back(static_cast<std::byte>(F::code(block, i) << 4 | F::code(block, i + 1)));
      }
    }
    return scales;
  }

  DoubleQuantized find(const Shape& shape, std::span<const float> scales) const {
    if (auto found = find_double_quantization(scales)) return *std::move(found);
    fail(ErrorKind::invalid_input,
         "{}: a weight {} has scales that no double quantization of nybble gives; expected those "
         "that share_scales() has set",
         name(), shape.to_string());
  }

  std::string_view type_;  // as the library calls the format
  bool is_double_;
};

}  // namespace

std::unique_ptr<Target> make_4bit_target(std::string_view options) {
  const bool is_double = options.ends_with(double_suffix);
  if (is_double) options.remove_suffix(double_suffix.size());
  if (options == "nf4") return std::make_unique<FourBitTarget<formats::NF4>>("nf4", is_double);
  if (options == "fp4") return std::make_unique<FourBitTarget<formats::FP4>>("fp4", is_double);
  return nullptr;
}

}  // namespace nybble::packing
