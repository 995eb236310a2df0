#include "train/adapter_student.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace nybble::train {

using gradients::for_each;
using gradients::Layer;
using gradients::Linear;
using gradients::ParameterView;

namespace {

struct Kind {
  std::string_view gguf, peft;
  Linear Layer::*linear;
};
constexpr Kind kinds[] = {
    {"attn_q", "q_proj", &Layer::q},         {"attn_k", "k_proj", &Layer::k},
    {"attn_v", "v_proj", &Layer::v},         {"attn_output", "o_proj", &Layer::output},
    {"ffn_gate", "gate_proj", &Layer::gate}, {"ffn_up", "up_proj", &Layer::up},
    {"ffn_down", "down_proj", &Layer::down},
};

std::vector<Kind> chosen(const std::vector<std::string>& targets) {
  if (targets.empty()) return {std::begin(kinds), std::end(kinds)};
  std::vector<Kind> list;
  for (const std::string& target : targets) {
    const auto kind = std::ranges::find_if(
        kinds, [&](const Kind& k) { return k.gguf == target || k.peft == target; });
    if (kind == std::end(kinds)) {
      std::string known;
      for (const Kind& k : kinds) known += fmt::format(" {} ({})", k.gguf, k.peft);
      fail(ErrorKind::invalid_input, "an adapter has no target '{}'; expected some of:{}", target,
           known);
    }
    const auto is_same = [&](const Kind& k) { return k.gguf == kind->gguf; };
    if (std::ranges::none_of(list, is_same)) list.push_back(*kind);
  }
  return list;
}

// Uniform in [-bound, bound): as PEFT begins A (kaiming_uniform_ with a = sqrt(5)).
std::vector<float> random_values(std::size_t n, float bound, std::uint64_t& state) {
  std::vector<float> values(n);
  for (float& value : values) {
    const auto bits = static_cast<std::int32_t>(splitmix64(state) >> 40);  // 24 of them
    value = bound * (static_cast<float>(bits) * 0x1p-23f - 1);
  }
  return values;
}

void check_rank(int rank, const Kind& kind, const Linear& linear) {
  const int most = std::min(linear.weight.rows, linear.weight.cols);
  if (rank >= 1 && rank <= most) return;
  fail(ErrorKind::invalid_input, "an adapter of rank {}, expected 1 to {} for {} [{}, {}]", rank,
       most, kind.gguf, linear.weight.rows, linear.weight.cols);
}

void begin(const AdapterOptions& options, std::uint64_t& state, Linear& linear) {
  linear.down = gradients::Matrix(options.rank, linear.weight.cols);
  linear.up = gradients::Matrix(linear.weight.rows, options.rank);
  linear.down.values = random_values(linear.down.values.size(),
                                     1 / std::sqrt(static_cast<float>(linear.weight.cols)), state);
  linear.adapter_scale = options.alpha / static_cast<float>(options.rank);
}

bool is_of_adapter(const std::string& name) {
  return name.ends_with(".lora_a") || name.ends_with(".lora_b");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> adapter_targets() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.gguf, kind.peft);
  return names;
}

AdapterStudent::AdapterStudent(gradients::Parameters parameters, const AdapterOptions& options,
                               ThreadPool& pool)
    : parameters_(std::move(parameters)), options_(options), pool_(pool) {
  std::uint64_t seed = options.seed;
  std::uint64_t state = splitmix64(seed);
  const std::vector<Kind> targets = chosen(options.targets);
  for (Layer& layer : parameters_.layers) {
    for (const Kind& kind : targets) {
      check_rank(options.rank, kind, layer.*kind.linear);
      begin(options, state, layer.*kind.linear);
    }
  }
  // The epsilon and the betas of AdamW as others train adapters with.
  const AdamOptions adam{.beta1 = 0.9f,
                         .beta2 = 0.999f,
                         .epsilon = 1e-8f,
                         .decay = options.decay,
                         .in_bytes = options.moments_in_bytes};
  for_each(parameters_, [&](const ParameterView& view) {
    if (learns(view)) moments_.try_emplace(view.name, view.values.size(), adam);
  });
}

bool AdapterStudent::learns(const ParameterView& view) const {
  return is_of_adapter(view.name);
}

void AdapterStudent::learn(gradients::Parameters& gradients, float rate) {
  std::map<std::string, std::span<const float>> by_name;
  for_each(gradients, [&](const ParameterView& view) { by_name[view.name] = view.values; });
  for_each(parameters_, [&](const ParameterView& view) {
    if (!learns(view)) return;
    moments_.at(view.name).step(by_name.at(view.name), rate * options_.rate, {}, view.values,
                                pool_);
  });
}

void AdapterStudent::visit_values(const Visit& visit) {
  for_each(parameters_, [&](const ParameterView& view) {
    if (learns(view)) visit(view.values);
  });
}

void AdapterStudent::visit_moments(const VisitMoments& visit) {
  for (auto& [name, adam] : moments_) visit(adam);
}

std::vector<models::LowRank> AdapterStudent::parts() const {
  std::vector<models::LowRank> parts;
  for (std::size_t i = 0; i < parameters_.layers.size(); ++i) {
    for (const Kind& kind : kinds) {
      const Linear& linear = parameters_.layers[i].*kind.linear;
      if (linear.down.empty()) continue;
      parts.push_back({.linear = fmt::format("blk.{}.{}", i, kind.gguf),
                       .rank = linear.down.rows,
                       .scale = linear.adapter_scale,
                       .a = linear.down.values,
                       .b = linear.up.values});
    }
  }
  return parts;
}

}  // namespace nybble::train
