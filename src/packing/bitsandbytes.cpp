#include "packing/bitsandbytes.h"

#include "base/error.h"
#include "packing/bitsandbytes_targets.h"
#include "packing/bitsandbytes_weights.h"

namespace nybble::packing {
namespace {

class BitsAndBytes final : public Scheme {
 public:
  BitsAndBytes(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint),
        is_8bit_(config.flag("load_in_8bit", false)),
        type_(config.text("bnb_4bit_quant_type", "fp4")) {}

  std::string describe() const override {
    return is_8bit_ ? "bitsandbytes, 8 bits" : fmt::format("bitsandbytes, 4 bits ({})", type_);
  }

  // The parts of a module say how it is packed; llm_int8_skip_modules would say the same again.
  std::shared_ptr<const PackedWeight> find(std::string_view module,
                                           const Shape& shape) const override {
    if (auto weight = find_4bit(checkpoint_, module, shape)) return weight;
    if (auto weight = find_int8(checkpoint_, module, shape)) return weight;
    refuse_codes_alone(module);
    return nullptr;
  }

 private:
  void refuse_codes_alone(std::string_view module) const {
    const files::NamedTensor* weight = checkpoint_.find(fmt::format("{}.weight", module));
    if (weight == nullptr) return;
    const FormatId found = weight->data.format;
    if (found != id_of<formats::U8>() && found != id_of<formats::I8>()) return;
    fail(
        ErrorKind::corrupt_file,
        "{}: tensor '{}' has codes ({} {}), expected '{}.weight.quant_state.bitsandbytes__nf4' (or "
        "fp4) or '{}.SCB' beside it",
        checkpoint_.path.string(), weight->name, formats::info(found).name,
        weight->data.shape.to_string(), module, module);
  }

  const files::Checkpoint& checkpoint_;
  bool is_8bit_;
  std::string type_;
};

}  // namespace

std::unique_ptr<Scheme> open_bitsandbytes(const files::Checkpoint& checkpoint,
                                          const files::HfConfig& config) {
  return std::make_unique<BitsAndBytes>(checkpoint, config);
}

std::unique_ptr<Target> make_bitsandbytes(std::string_view options) {
  return options == "int8" ? make_int8_target() : make_4bit_target(options);
}

OrderedJson bitsandbytes_config(bool is_4bit, std::span<const std::string> kept) {
  OrderedJson skipped = OrderedJson::array({"lm_head"});
  for (const std::string& module : kept) {
    if (module != "lm_head") skipped.push_back(module);
  }
  return {{"quant_method", "bitsandbytes"},   {"_load_in_4bit", is_4bit},
          {"_load_in_8bit", !is_4bit},        {"load_in_4bit", is_4bit},
          {"load_in_8bit", !is_4bit},         {"llm_int8_skip_modules", skipped},
          {"llm_int8_threshold", 6.0},        {"llm_int8_enable_fp32_cpu_offload", false},
          {"llm_int8_has_fp16_weight", false}};
}

}  // namespace nybble::packing
