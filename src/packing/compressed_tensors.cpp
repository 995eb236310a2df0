#include "packing/compressed_tensors.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "packing/compressed_weight.h"

namespace nybble::packing {
namespace {

constexpr FormatId i8 = id_of<formats::I8>(), u8 = id_of<formats::U8>(),
                   i32 = id_of<formats::I32>(), i64 = id_of<formats::I64>(),
                   f8 = id_of<formats::F8_E4M3>();

struct Format {
  std::string_view name;
  CompressedReader read;
};

// A new one is one reader and one line here.
constexpr std::array known_formats = {
    Format{"pack-quantized", read_pack_quantized},
    Format{"int-quantized", read_int_quantized},
    Format{"float-quantized", read_float_quantized},
    Format{"naive-quantized", read_naive_quantized},
    Format{"mxfp8-quantized", read_mxfp8_quantized},
    Format{"mxfp4-pack-quantized", read_mxfp4_pack_quantized},
    Format{"nvfp4-pack-quantized", read_nvfp4_pack_quantized},
};

// Parts that say nothing of the values of a weight: scales of activations, and zero points of
// symmetric weights, which old releases wrote.
constexpr std::array silent_parts = {"input_scale",      "input_zero_point",  "input_global_scale",
                                     "output_scale",     "output_zero_point", "weight_shape",
                                     "weight_zero_point"};

const Format& format_named(const WeightScheme& scheme) {
  const auto* format = std::ranges::find(known_formats, scheme.format, &Format::name);
  if (format != known_formats.end()) return *format;
  std::string known;
  for (const Format& each : known_formats)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
  fail(ErrorKind::unsupported, "{}: format is '{}'; nybble reads {}", scheme.where, scheme.format,
       known);
}

class CompressedTensors final : public Scheme {
 public:
  CompressedTensors(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint), groups_(config) {
    if (groups_.unheeded().empty()) return;
    std::string said;
    for (const std::string& each : groups_.unheeded())
      said += fmt::format("{}{}", said.empty() ? "" : "; ", each);
    notes_.push_back(
        fmt::format("the checkpoint is meant for quantized activations ({}); here they are not "
                    "quantized",
                    said));
  }

  std::string describe() const override {
    std::string text;
    for (const WeightScheme& scheme : groups_.schemes()) {
      text += fmt::format("{}{}, {}", text.empty() ? "compressed-tensors: " : "; ", scheme.format,
                          scheme.describe());
    }
    return text.empty() ? "compressed-tensors" : text;
  }

  std::shared_ptr<const PackedWeight> find(std::string_view module,
                                           const Shape& shape) const override {
    const bool is_packed = has(module, "weight_packed") || has(module, "weight_scale");
    const files::NamedTensor* weight = checkpoint_.find(fmt::format("{}.weight", module));
    const bool has_codes =
        weight != nullptr &&
        (weight->data.format == i8 || weight->data.format == u8 || weight->data.format == f8);
    if (!is_packed && !has_codes) return nullptr;
    const WeightScheme* scheme = groups_.find(module);
    if (scheme == nullptr) {
      fail(ErrorKind::corrupt_file,
           "{}: '{}' is quantized, but no group of config_groups speaks of it, or ignore does",
           checkpoint_.path.string(), module);
    }
    const CompressedModule one{checkpoint_, module, shape, *scheme};
    auto found = format_named(*scheme).read(one);
    check_shape(one);
    found->activations = scheme->activations;
    if (found->activations == Activations::float8_fixed)
      found->input_scale = read_input_scale(checkpoint_, module);
    for (const char* part : silent_parts) {
      if (has(module, part)) found->add_part(checkpoint_.get(fmt::format("{}.{}", module, part)));
    }
    return found;
  }

  bool is_ignored(std::string_view tensor) const override {
    return tensor.ends_with(".k_scale") || tensor.ends_with(".v_scale") ||
           tensor.ends_with(".q_scale");
  }

 private:
  bool has(std::string_view module, std::string_view part) const {
    return checkpoint_.find(fmt::format("{}.{}", module, part)) != nullptr;
  }

  // weight_shape repeats what follows from config.json.
  static void check_shape(const CompressedModule& module) {
    if (module.checkpoint.find(fmt::format("{}.weight_shape", module.name)) == nullptr) return;
    const files::NamedTensor& part =
        part_of(module.checkpoint, module.name, "weight_shape", {i64, i32}, {2});
    for (int i = 0; i < 2; ++i) {
      const auto said = static_cast<std::int64_t>(load_value(part, static_cast<std::size_t>(i)));
      if (said != module.shape[i]) {
        fail(ErrorKind::corrupt_file, "tensor '{}' has {} at {}, expected {}: the weight is {}",
             part.name, said, i, module.shape[i], module.shape.to_string());
      }
    }
  }

  const files::Checkpoint& checkpoint_;
  ConfigGroups groups_;
};

}  // namespace

void expect_scheme(const CompressedModule& module, int bits, bool is_float) {
  const WeightScheme& scheme = module.scheme;
  if (scheme.bits == bits && scheme.is_float == is_float) return;
  fail(ErrorKind::unsupported, "{}: {} bits of type {}, expected {} bits of type {} for '{}'",
       scheme.where, scheme.bits, scheme.is_float ? "float" : "int", bits,
       is_float ? "float" : "int", scheme.format);
}

void refuse_group(const CompressedModule& module, const ScaleGrid& grid,
                  std::string_view expected) {
  fail(ErrorKind::unsupported, "{}: '{}' is {}, {} x {} values share a scale; nybble reads {}",
       module.checkpoint.path.string(), module.name, module.shape.to_string(), grid.rows, grid.cols,
       expected);
}

std::unique_ptr<Scheme> open_compressed_tensors(const files::Checkpoint& checkpoint,
                                                const files::HfConfig& config) {
  return std::make_unique<CompressedTensors>(checkpoint, config);
}

}  // namespace nybble::packing
