// RoPE settings of config.json.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "models/rope.h"
#include "models/rope_config.h"

namespace nybble::models {
namespace {

void read_linear(const files::HfConfig& params, RopeConfig& rope) {
  rope.scaling = RopeScaling::linear;
  rope.factor = params.number("factor");
}

void read_dynamic(const files::HfConfig& params, RopeConfig& rope) {
  rope.scaling = RopeScaling::dynamic;
  rope.factor = params.number("factor");
}

void read_llama3(const files::HfConfig& params, RopeConfig& rope) {
  const Llama3Scaling scaling{params.number("factor"), params.number("low_freq_factor"),
                              params.number("high_freq_factor"), rope.original_context};
  if (!(scaling.factor > 0 && scaling.low_freq_factor > 0 &&
        scaling.high_freq_factor > scaling.low_freq_factor)) {
    fail(ErrorKind::corrupt_file,
         "{}: llama3 scaling has factor {}, low_freq_factor {}, high_freq_factor {}, expected 0 < "
         "factor "
         "and 0 < low < high",
         params.where(), scaling.factor, scaling.low_freq_factor, scaling.high_freq_factor);
  }
  rope.frequency_divisors = llama3_divisors(scaling, rope.base, rope.rotary_dim);
}

void read_yarn(const files::HfConfig& params, RopeConfig& rope) {
  rope.scaling = RopeScaling::yarn;
  rope.factor = params.number("factor", rope.factor);
  rope.beta_fast = params.number("beta_fast", 32);
  rope.beta_slow = params.number("beta_slow", 1);
  const double mscale = params.number("mscale", 0), all_dim = params.number("mscale_all_dim", 0);
  double inferred = yarn_attention_factor(rope.factor);
  if (mscale != 0 && all_dim != 0 && rope.factor > 1) {
    inferred =
        (0.1 * mscale * std::log(rope.factor) + 1) / (0.1 * all_dim * std::log(rope.factor) + 1);
  }
  rope.attention_factor = params.number("attention_factor", inferred);
  if (params.flag("truncate", true)) return;
  rope.frequency_divisors = unrounded_yarn_divisors(rope);
  rope.scaling = RopeScaling::none;
}

void read_longrope(const files::HfConfig& params, RopeConfig& rope) {
  rope.scaling = RopeScaling::longrope;
  rope.factor = params.number("factor", rope.factor);
  rope.short_divisors = params.numbers("short_factor");
  rope.long_divisors = params.numbers("long_factor");
  rope.attention_factor = params.number(
      "attention_factor", longrope_attention_factor(rope.factor, rope.original_context));
}

struct ScalingKind {
  std::string_view name;
  void (*read)(const files::HfConfig& params, RopeConfig& rope);
};
constexpr ScalingKind kinds[] = {{"default", [](const files::HfConfig&, RopeConfig&) {}},
                                 {"linear", read_linear},
                                 {"dynamic", read_dynamic},
                                 {"llama3", read_llama3},
                                 {"yarn", read_yarn},
                                 {"longrope", read_longrope},
                                 {"su", read_longrope}};

std::optional<files::HfConfig> find_parameters(const files::HfConfig& hf) {
  std::optional<files::HfConfig> params = hf.object("rope_parameters");
  if (!params) params = hf.object("rope_scaling");
  if (!params) return params;
  if (params->has("sliding_attention")) {
    fail(ErrorKind::unsupported,
         "{}: RoPE differs between kinds of layers; nybble expects one for all", params->where());
  }
  return params->has("full_attention") ? params->object("full_attention") : params;
}

// Llama 3 scaling is known by the divisors it leaves; the published models use these settings.
std::optional<Llama3Scaling> recognize_llama3(const RopeConfig& rope) {
  if (rope.frequency_divisors.empty() || rope.attention_factor != 1) return std::nullopt;
  const double factor =
      double{*std::max_element(rope.frequency_divisors.begin(), rope.frequency_divisors.end())};
  const Llama3Scaling scaling{std::round(factor), 1, 4, 8192};
  const std::vector<float> expected = llama3_divisors(scaling, rope.base, rope.rotary_dim);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::fabs(expected[i] - rope.frequency_divisors[i]) > 1e-5f * expected[i])
      return std::nullopt;
  }
  return scaling;
}

OrderedJson longrope_json(const std::vector<float>& short_divisors,
                          const std::vector<float>& long_divisors, double factor,
                          double attention_factor, int original_context) {
  return {{"rope_type", "longrope"},
          {"factor", factor},
          {"short_factor", short_divisors},
          {"long_factor", long_divisors},
          {"attention_factor", attention_factor},
          {"original_max_position_embeddings", original_context}};
}

OrderedJson scaling_json(const DecoderConfig& config) {
  const RopeConfig& rope = config.rope;
  if (const auto llama3 = recognize_llama3(rope)) {
    return {{"rope_type", "llama3"},
            {"factor", llama3->factor},
            {"low_freq_factor", llama3->low_freq_factor},
            {"high_freq_factor", llama3->high_freq_factor},
            {"original_max_position_embeddings", llama3->original_context}};
  }
  // Divisors of unknown origin: longrope with the same list for all lengths is the same rotation.
  if (!rope.frequency_divisors.empty()) {
    return longrope_json(rope.frequency_divisors, rope.frequency_divisors, 1, rope.attention_factor,
                         config.context);
  }
  if (rope.scaling == RopeScaling::linear)
    return {{"rope_type", "linear"}, {"factor", rope.factor}};
  if (rope.scaling == RopeScaling::dynamic)
    return {{"rope_type", "dynamic"}, {"factor", rope.factor}};
  if (rope.scaling == RopeScaling::longrope) {
    return longrope_json(rope.short_divisors, rope.long_divisors, rope.factor,
                         rope.attention_factor, rope.original_context);
  }
  if (rope.scaling == RopeScaling::yarn) {
    return {{"rope_type", "yarn"},
            {"factor", rope.factor},
            {"original_max_position_embeddings", rope.original_context},
            {"attention_factor", rope.attention_factor},
            {"beta_fast", rope.beta_fast},
            {"beta_slow", rope.beta_slow}};
  }
  return nullptr;
}

}  // namespace

void read_hf_rope(const files::HfConfig& hf, double default_base, DecoderConfig& config) {
  RopeConfig& rope = config.rope;
  rope.rotary_dim = config.head_dim;
  rope.original_context = config.context;
  const std::optional<files::HfConfig> params = find_parameters(hf);
  const double outer_base = hf.number("rope_theta", default_base);
  rope.base = params ? params->number("rope_theta", outer_base) : outer_base;
  if (!params) return;
  if (params->number("partial_rotary_factor", hf.number("partial_rotary_factor", 1)) != 1) {
    fail(ErrorKind::unsupported,
         "{}: RoPE on a part of each head; nybble expects it on the whole head", params->where());
  }
  const std::string type = params->text("rope_type", params->text("type", "default"));
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds),
                                  [&](const ScalingKind& k) { return k.name == type; });
  if (kind == std::end(kinds)) {
    fail(ErrorKind::unsupported,
         "{}: unknown RoPE scaling '{}'; nybble knows default, linear, dynamic, llama3, yarn and "
         "longrope",
         params->where(), type);
  }
  if (type != "dynamic") {
    rope.original_context =
        hf.integer("original_max_position_embeddings",
                   params->integer("original_max_position_embeddings", config.context));
  }
  if (rope.original_context > 0)
    rope.factor = static_cast<double>(config.context) / rope.original_context;
  kind->read(*params, rope);
  if (rope.scaling == RopeScaling::none) rope.factor = 1;
}

void describe_hf_rope(const DecoderConfig& config, OrderedJson& json) {
  json["rope_theta"] = config.rope.base;
  json["rope_scaling"] = scaling_json(config);
}

}  // namespace nybble::models
