// quant_method "fp8": FP8 (E4M3) weights with a scale for a square of values, as DeepSeek and Qwen
// publish them, or for the whole weight.
#include "base/error.h"
#include "packing/compressed_tensors.h"
#include "packing/compressed_weight.h"

namespace nybble::packing {
namespace {

class Fp8 final : public Scheme {
 public:
  Fp8(const files::Checkpoint& checkpoint, const files::HfConfig& config)
      : checkpoint_(checkpoint) {
    if (const std::string format = config.text("fmt", "e4m3"); format != "e4m3") {
      fail(ErrorKind::unsupported, "{}: fmt is '{}', expected 'e4m3'", config.where(), format);
    }
    scheme_ = {.where = config.where(),
               .format = "float-quantized",
               .bits = 8,
               .is_float = true,
               .symmetric = true,
               .strategy = config.has("weight_block_size") ? "block" : "tensor",
               .group = 0,
               .block = {},
               .activations = Activations::floats};
    if (scheme_.strategy == "block") scheme_.block = read_block(config, "weight_block_size");
    read_activations(config.text("activation_scheme", ""));
  }

  std::string describe() const override { return "FP8, " + scheme_.describe(); }

  std::shared_ptr<const PackedWeight> find(std::string_view module,
                                           const Shape& shape) const override {
    const files::NamedTensor* weight = checkpoint_.find(fmt::format("{}.weight", module));
    if (weight == nullptr || weight->data.format != id_of<formats::F8_E4M3>()) return nullptr;
    const std::string_view scales =
        scheme_.strategy == "block" ? "weight_scale_inv" : "weight_scale";
    auto found = read_float_quantized({checkpoint_, module, shape, scheme_, scales});
    const files::NamedTensor* input = checkpoint_.find(fmt::format("{}.input_scale", module));
    if (input != nullptr) found->add_part(*input);
    found->activations = scheme_.activations;
    if (found->activations == Activations::float8_fixed)
      found->input_scale = read_input_scale(checkpoint_, module);
    return found;
  }

 private:
  // As vLLM and transformers compute them: beside squares of 128 groups of 128.
  void read_activations(std::string_view said) {
    const bool in_squares = scheme_.strategy == "block";
    if (said == "static" && !in_squares) scheme_.activations = Activations::float8_fixed;
    if (said == "dynamic" && !in_squares) scheme_.activations = Activations::float8_tokens;
    if (said == "dynamic" && in_squares && scheme_.block.cols == 128)
      scheme_.activations = Activations::float8_groups;
    if (said.empty() || scheme_.activations != Activations::floats) return;
    notes_.push_back(fmt::format(
        "the checkpoint is meant for activations in FP8, {} scales; here they are not quantized",
        said));
  }

  const files::Checkpoint& checkpoint_;
  WeightScheme scheme_;
};

}  // namespace

std::unique_ptr<Scheme> open_fp8(const files::Checkpoint& checkpoint,
                                 const files::HfConfig& config) {
  return std::make_unique<Fp8>(checkpoint, config);
}

}  // namespace nybble::packing
