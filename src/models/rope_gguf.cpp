// RoPE settings of GGUF keys.
#include <cmath>

#include "base/error.h"
#include "models/rope.h"
#include "models/rope_config.h"

namespace nybble::models {
namespace {

std::string key(const DecoderConfig& config, std::string_view name) {
  return config.architecture + ".rope." + std::string(name);
}

// llama.cpp multiplies YaRN's own factor with attn_factor and ignores yarn_attn_factor, which its
// converter writes.
double read_attention_factor(const files::Metadata& metadata, const DecoderConfig& config,
                             double inferred) {
  const std::string absolute = key(config, "scaling.yarn_attn_factor");
  if (metadata.find(absolute) != nullptr) return metadata.get_float(absolute);
  return inferred * metadata.get_float(key(config, "scaling.attn_factor"), 1);
}

void refuse_unless(const files::Metadata& metadata, const std::string& name, double expected) {
  const double found = metadata.get_float(name, expected);
  if (found != expected) {
    fail(ErrorKind::unsupported, "{}: key '{}' is {}, nybble knows only {}", metadata.where(), name,
         found, expected);
  }
}

}  // namespace

void read_gguf_rope(const files::Metadata& metadata, DecoderConfig& config) {
  RopeConfig& rope = config.rope;
  const auto count = [&](std::string_view name, int otherwise) {
    return static_cast<int>(std::min<std::uint64_t>(
        metadata.get_uint(key(config, name), static_cast<std::uint64_t>(otherwise)), 1u << 30));
  };
  rope.rotary_dim = count("dimension_count", config.head_dim);
  rope.base = metadata.get_float(key(config, "freq_base"), 10000);
  rope.original_context = count("scaling.original_context_length", config.context);
  rope.factor = metadata.get_float(key(config, "scaling.factor"),
                                   metadata.get_float(key(config, "scale_linear"), 1));
  if (rope.factor == 0) rope.factor = 1;
  rope.attention_factor = metadata.get_float(key(config, "scaling.attn_factor"), 1);
  // Files without a type mean linear, as llama.cpp takes them.
  const std::string type = metadata.get_string(key(config, "scaling.type"), "linear");
  if (type == "linear") {
    if (rope.factor != 1) rope.scaling = RopeScaling::linear;
  } else if (type == "yarn") {
    rope.scaling = RopeScaling::yarn;
    rope.beta_fast = metadata.get_float(key(config, "scaling.yarn_beta_fast"), 32);
    rope.beta_slow = metadata.get_float(key(config, "scaling.yarn_beta_slow"), 1);
    refuse_unless(metadata, key(config, "scaling.yarn_ext_factor"), 1);
    refuse_unless(metadata, key(config, "scaling.yarn_log_multiplier"), 0);
    rope.attention_factor =
        read_attention_factor(metadata, config, yarn_attention_factor(rope.factor));
  } else if (type == "longrope") {
    rope.scaling = RopeScaling::longrope;
  } else if (type != "none") {
    fail(ErrorKind::unsupported,
         "{}: unknown RoPE scaling '{}'; nybble knows none, linear, yarn and longrope",
         metadata.where(), type);
  }
}

void write_gguf_rope(const DecoderConfig& config, files::Metadata& metadata,
                     std::vector<std::string>& notes) {
  const RopeConfig& rope = config.rope;
  const auto set_float = [&](std::string_view name, double value) {
    metadata.set(key(config, name), static_cast<float>(value));
  };
  metadata.set(key(config, "dimension_count"), static_cast<std::uint32_t>(rope.rotary_dim));
  set_float("freq_base", rope.base);
  if (rope.scaling == RopeScaling::dynamic) {
    notes.emplace_back(
        "GGUF has no dynamic RoPE scaling: the file is right up to the model's own context");
    return;
  }
  if (rope.scaling == RopeScaling::none) {
    if (rope.attention_factor != 1) set_float("scaling.attn_factor", rope.attention_factor);
    return;
  }
  if (rope.scaling == RopeScaling::linear) {
    metadata.set(key(config, "scaling.type"), std::string("linear"));
    set_float("scaling.factor", rope.factor);
    return;
  }
  metadata.set(key(config, "scaling.original_context_length"),
               static_cast<std::uint32_t>(rope.original_context));
  if (rope.scaling == RopeScaling::longrope) {
    metadata.set(key(config, "scaling.type"), std::string("longrope"));
    set_float("scaling.attn_factor", rope.attention_factor);
    return;
  }
  metadata.set(key(config, "scaling.type"), std::string("yarn"));
  set_float("scaling.factor", rope.factor);
  set_float("scaling.yarn_beta_fast", rope.beta_fast);
  set_float("scaling.yarn_beta_slow", rope.beta_slow);
  const double own = yarn_attention_factor(rope.factor);
  if (std::fabs(rope.attention_factor - own) > 1e-6 * own) {
    set_float("scaling.yarn_attn_factor", rope.attention_factor);
    set_float("scaling.attn_factor", rope.attention_factor / own);
  }
}

}  // namespace nybble::models
