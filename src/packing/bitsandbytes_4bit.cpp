// Weights of bitsandbytes in 4 bits: NF4 and FP4, with scales in float or quantized in turn.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "files/hf_config.h"
#include "formats/fp4.h"
#include "formats/nf4.h"
#include "packing/bitsandbytes_weights.h"
#include "packing/double_quantization.h"
#include "packing/scheme.h"

namespace nybble::packing {
namespace {

constexpr FormatId f32 = id_of<formats::F32>(), f16 = id_of<formats::F16>(),
                   bf16 = id_of<formats::BF16>(), u8 = id_of<formats::U8>();
constexpr std::int64_t run_len = 64;  // codes of a block of NF4 and FP4

template <class F>
void store_run(float scale, const std::uint8_t* codes, std::byte* out) {
  typename F::Block block{scale, {}};
  F::set_codes(block, codes);
  std::memcpy(out, &block, sizeof(block));
}

// The formats by the name that files have for them.
struct Kind {
  std::string_view name;
  FormatId format;
  const float* levels;
  void (*store)(float scale, const std::uint8_t* codes, std::byte* out);
};

template <class F>
constexpr Kind kind_of(std::string_view name) {
  static_assert(F::block_len == run_len);
  return {name, id_of<F>(), F::table.value, store_run<F>};
}
constexpr std::array kinds = {kind_of<formats::NF4>("nf4"), kind_of<formats::FP4>("fp4")};

std::int64_t parts_of(std::int64_t n, std::int64_t len) {
  return (n + len - 1) / len;
}

std::vector<float> floats_of(const files::NamedTensor& part) {
  std::vector<float> values(part.data.bytes.size() / sizeof(float));
  std::memcpy(values.data(), part.data.bytes.data(), values.size() * sizeof(float));
  return values;
}

// What quant_state says; lengths in values.
struct State {
  std::int64_t block_len = 64, nested_len = 256;
  float offset = 0;
};

// The JSON text that stands in a tensor of bytes.
Json parse_state(const files::NamedTensor& text, const std::string& where) {
  constexpr std::size_t most_bytes = 1 << 16;
  if (text.data.format != u8 || text.data.bytes.size() > most_bytes) {
    fail(ErrorKind::corrupt_file, "{}: is {} {}, expected at most {} bytes (U8) of JSON", where,
         formats::info(text.data.format).name, text.data.shape.to_string(), most_bytes);
  }
  Json json = parse_json(
      {reinterpret_cast<const char*>(text.data.bytes.data()), text.data.bytes.size()}, where);
  if (!json.is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object", where);
  return json;
}

std::int64_t read_length(const files::HfConfig& state, std::string_view key) {
  const int length = state.integer(key);
  if (length < 1) {
    fail(ErrorKind::corrupt_file, "{}: {} is {}, expected at least 1", state.where(), key, length);
  }
  return length;
}

void check_shape(const Json& json, const std::string& where, const Shape& shape) {
  const Json expected(std::vector(shape.dims().begin(), shape.dims().end()));
  const auto found = json.find("shape");
  if (found != json.end() && *found == expected) return;
  fail(ErrorKind::corrupt_file, "{}: shape is {}, expected {}", where,
       found == json.end() ? "missing" : found->dump(), shape.to_string());
}

State read_state(const files::NamedTensor& text, const std::string& where, const Kind& kind,
                 const Shape& shape, bool is_nested) {
  const Json json = parse_state(text, where);
  const files::HfConfig state(json, where);
  if (const std::string type = state.text("quant_type", ""); type != kind.name) {
    fail(ErrorKind::corrupt_file, "{}: quant_type is '{}', expected '{}' as in the tensor's name",
         where, type, kind.name);
  }
  check_shape(json, where, shape);
  State result{.block_len = read_length(state, "blocksize")};
  if (!is_nested) return result;
  result.nested_len = read_length(state, "nested_blocksize");
  const double offset = state.number("nested_offset");
  if (!(std::fabs(offset) <= 3e38))
    fail(ErrorKind::corrupt_file, "{}: nested_offset is {}, expected a float", where, offset);
  result.offset = static_cast<float>(offset);
  return result;
}

// The bytes of the codes; writers may give them the type of larger numbers (quant_storage).
const files::NamedTensor& codes_of(const files::Checkpoint& checkpoint, std::string_view module,
                                   const Shape& shape) {
  const FormatId found = checkpoint.get(fmt::format("{}.weight", module)).data.format;
  const bool is_known = found == u8 || found == f16 || found == bf16 || found == f32;
  const std::int64_t n_bytes = parts_of(shape.count(), 2),
                     size = is_known ? formats::info(found).block_bytes : 1;
  return part_of(checkpoint, module, "weight", {is_known && n_bytes % size == 0 ? found : u8},
                 {parts_of(n_bytes, size), 1});
}

// Programs decode with levels of their own; a file that states others is none of theirs.
void check_levels(const files::NamedTensor& part, const std::string& where, const Kind& kind) {
  const std::vector<float> found = floats_of(part);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!(std::fabs(found[i] - kind.levels[i]) <= 1e-6f)) {
      fail(ErrorKind::corrupt_file, "{}: tensor '{}' has level {} of code {}, expected {} as in {}",
           where, part.name, found[i], i, kind.levels[i], kind.name);
    }
  }
}

class FourBitWeight {
 public:
  FourBitWeight(const files::Checkpoint& checkpoint, std::string_view module, const Kind& kind,
                const files::NamedTensor& text, const Shape& shape)
      : kind_(kind), shape_(shape), codes_(&codes_of(checkpoint, module, shape)) {
    const auto part = [&](std::string_view name, FormatId format, std::int64_t n) {
      parts_.push_back(&part_of(checkpoint, module, fmt::format("weight.{}", name), {format}, {n}));
      return parts_.back();
    };
    const std::string where = fmt::format("{}: '{}'", checkpoint.path.string(), text.name);
    is_nested_ = checkpoint.find(fmt::format("{}.weight.nested_absmax", module)) != nullptr;
    state_ = read_state(text, where, kind, shape, is_nested_);
    parts_ = {codes_, &text};
    check_levels(*part("quant_map", f32, 16), checkpoint.path.string(), kind);
    const std::int64_t n = parts_of(shape.count(), state_.block_len);
    absmax_ = part("absmax", is_nested_ ? u8 : f32, n);
    if (!is_nested_) return;
    nested_absmax_ = part("nested_absmax", f32, parts_of(n, state_.nested_len));
    nested_map_ = part("nested_quant_map", f32, 256);
  }

  const std::vector<const files::NamedTensor*>& parts() const { return parts_; }
  FormatId format() const { return fits_in_runs() ? kind_.format : f32; }

  void unpack(std::span<std::byte> out) const {
    const std::vector<float> scales = decode_absmax();
    if (!fits_in_runs()) return decode(scales, out);
    const auto size = static_cast<std::size_t>(formats::info(kind_.format).block_bytes);
    std::uint8_t codes[run_len];
    for (std::int64_t first = 0; first < shape_.count(); first += run_len) {
      for (std::int64_t i = 0; i < run_len; ++i) codes[i] = code(first + i);
      kind_.store(scales[static_cast<std::size_t>(first / state_.block_len)], codes,
                  out.data() + static_cast<std::size_t>(first / run_len) * size);
    }
  }

 private:
  // Runs of 64 codes stay in a row, and each has one scale.
  bool fits_in_runs() const {
    return shape_.cols() % run_len == 0 && state_.block_len % run_len == 0;
  }
  // The first of two codes stands in the high bits.
  std::uint8_t code(std::int64_t i) const {
    const auto byte =
        std::to_integer<std::uint8_t>(codes_->data.bytes[static_cast<std::size_t>(i / 2)]);
    return static_cast<std::uint8_t>(i % 2 == 0 ? byte >> 4 : byte & 15);
  }
  std::vector<float> decode_absmax() const {
    if (!is_nested_) return floats_of(*absmax_);
    DoubleQuantized quantized{state_.offset, floats_of(*nested_absmax_), {}};
    for (const std::byte byte : absmax_->data.bytes)
      quantized.codes.push_back(std::to_integer<std::uint8_t>(byte));
    return decode_scales(quantized, floats_of(*nested_map_),
                         static_cast<std::size_t>(state_.nested_len));
  }
  void decode(const std::vector<float>& scales, std::span<std::byte> out) const {
    for (std::int64_t i = 0; i < shape_.count(); ++i) {
      const float value =
          scales[static_cast<std::size_t>(i / state_.block_len)] * kind_.levels[code(i)];
      std::memcpy(out.data() + static_cast<std::size_t>(i) * sizeof(value), &value, sizeof(value));
    }
  }

  Kind kind_;
  Shape shape_;
  State state_;
  bool is_nested_ = false;
  std::vector<const files::NamedTensor*> parts_;
  const files::NamedTensor *codes_, *absmax_ = nullptr, *nested_absmax_ = nullptr,
                                    *nested_map_ = nullptr;
};

}  // namespace

std::shared_ptr<const PackedWeight> find_4bit(const files::Checkpoint& checkpoint,
                                              std::string_view module, const Shape& shape) {
  for (const Kind& kind : kinds) {
    const files::NamedTensor* text =
        checkpoint.find(fmt::format("{}.weight.quant_state.bitsandbytes__{}", module, kind.name));
    if (text == nullptr) continue;
    const FourBitWeight weight(checkpoint, module, kind, *text, shape);
    return std::make_shared<PackedWeight>(weight.format(), shape, weight.parts(),
                                          [weight](auto blocks) { weight.unpack(blocks); });
  }
  return nullptr;
}

}  // namespace nybble::packing
