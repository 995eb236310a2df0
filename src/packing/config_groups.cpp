#include "packing/config_groups.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "packing/group_size.h"

namespace nybble::packing {
namespace {

// As QuantizationArgs concludes it from group_size.
std::string strategy_of(const files::HfConfig& weights) {
  const std::string strategy = weights.text("strategy", "");
  if (!strategy.empty()) return strategy;
  if (!weights.has("group_size")) return "tensor";
  return weights.number("group_size") == -1 ? "channel" : "group";
}

WeightScheme read_weights(const files::HfConfig& weights, std::string format) {
  WeightScheme scheme{.where = weights.where(),
                      .format = std::move(format),
                      .bits = weights.integer("num_bits", 8),
                      .is_float = false,
                      .symmetric = weights.flag("symmetric", true),
                      .strategy = strategy_of(weights),
                      .group = 0,
                      .block = {},
                      .activations = Activations::floats};
  const std::string type = weights.text("type", "int");
  if (type != "int" && type != "float") {
    fail(ErrorKind::unsupported, "{}: type is '{}', expected 'int' or 'float'", weights.where(),
         type);
  }
  scheme.is_float = type == "float";
  if (scheme.strategy == "block") scheme.block = read_block(weights, "block_structure");
  if (scheme.strategy == "group" || scheme.strategy == "tensor_group") {
    scheme.group = read_group_size(weights, 0);
    if (scheme.group < 1) {
      fail(ErrorKind::corrupt_file, "{}: group_size is {}, expected a length for the strategy '{}'",
           weights.where(), scheme.group, scheme.strategy);
    }
  }
  return scheme;
}

void refuse_beyond(const files::HfConfig& config, std::string_view key, std::string_view what) {
  const auto object = config.object(key);
  if (!object || object->keys().empty() || object->text("format", "") == "dense") return;
  fail(ErrorKind::unsupported, "{}: {} is given, expected none: nybble does not undo {}",
       config.where(), key, what);
}

// What is computed of activations, all of 8 bits and symmetric.
struct Inputs {
  std::string_view type, strategy;
  bool is_dynamic;
  Activations activations;
};
constexpr std::array known_inputs = {
    Inputs{"int", "token", true, Activations::int8_tokens},
    Inputs{"float", "token", true, Activations::float8_tokens},
    Inputs{"float", "group", true, Activations::float8_groups},
    Inputs{"float", "tensor", false, Activations::float8_fixed},
};
constexpr int float8_group = 128;

bool is_said(const files::HfConfig& inputs, const Inputs& known) {
  const bool has_group = known.activations != Activations::float8_groups ||
                         (inputs.has("group_size") && inputs.number("group_size") == float8_group);
  return has_group && inputs.text("type", "int") == known.type &&
         strategy_of(inputs) == known.strategy && inputs.is_true("dynamic") == known.is_dynamic &&
         inputs.flag("symmetric", true) && inputs.integer("num_bits", 8) == 8 &&
         !inputs.has("scale_dtype");
}

}  // namespace

ScaleGrid read_block(const files::HfConfig& config, std::string_view key) {
  std::vector<float> sides;
  if (config.has(key)) sides = config.numbers(key);
  const auto is_length = [](float side) {
    return side >= 1 && side <= 1 << 20 && side == std::floor(side);
  };
  if (sides.size() != 2 || !std::ranges::all_of(sides, is_length)) {
    fail(ErrorKind::corrupt_file, "{}: {} is {}, expected two lengths such as [128, 128]",
         config.where(), key, sides.empty() ? "missing" : "something else");
  }
  return {static_cast<std::int64_t>(sides[0]), static_cast<std::int64_t>(sides[1])};
}

ScaleGrid WeightScheme::grid(std::string_view module, const Shape& shape) const {
  if (strategy == "tensor") return {shape.rows(), shape.cols()};
  if (strategy == "channel") return {1, shape.cols()};
  if (strategy == "block") return block;
  if (strategy != "group" && strategy != "tensor_group") {
    fail(ErrorKind::unsupported,
         "{}: strategy is '{}', expected 'tensor', 'channel', 'group', 'tensor_group' or 'block'",
         where, strategy);
  }
  if (shape.cols() % group != 0) {
    fail(ErrorKind::corrupt_file, "{}: group_size is {}, expected a divisor of {}: '{}' is {}",
         where, group, shape.cols(), module, shape.to_string());
  }
  return {1, group};
}

std::string WeightScheme::describe() const {
  std::string text = fmt::format("{}{} bits ", is_float ? "float of " : "", bits);
  if (group > 0) return text + fmt::format("in groups of {}", group);
  if (strategy == "block")
    return text + fmt::format("in blocks of {} x {}", block.rows, block.cols);
  return text + fmt::format("with a scale for each {}", strategy);
}

ConfigGroups::ConfigGroups(const files::HfConfig& config) {
  refuse_beyond(config, "transform_config", "transforms of weights");
  refuse_beyond(config, "sparsity_config", "sparse weights");
  const std::string format = config.text("format", "");
  const auto groups = config.object("config_groups");
  if (!groups) {
    fail(ErrorKind::corrupt_file, "{}: no key 'config_groups', expected an object", config.where());
  }
  for (const std::string& name : groups->keys()) {
    const auto group = groups->object(name);
    if (group) read_group(*group, group->text("format", format));
  }
  std::ranges::stable_sort(targets_, {}, [](const Target& t) { return t.pattern.kind(); });
  for (const std::string& text : config.texts("ignore"))
    ignored_.emplace_back(text, config.where() + ": ignore");
  if (config.object("kv_cache_scheme")) unheeded_.emplace_back("the cache of keys and values");
}

void ConfigGroups::read_group(const files::HfConfig& group, std::string_view format) {
  const Activations inputs = read_inputs(group);
  if (const auto outputs = group.object("output_activations")) add_unheeded("outputs", *outputs);
  const auto weights = group.object("weights");
  if (!weights) return;
  for (const std::string& text : group.texts("targets"))
    targets_.push_back({ModulePattern(text, group.where() + ": targets"), schemes_.size()});
  schemes_.push_back(read_weights(*weights, std::string(format)));
  schemes_.back().activations = inputs;
}

Activations ConfigGroups::read_inputs(const files::HfConfig& group) {
  const auto inputs = group.object("input_activations");
  if (!inputs) return Activations::floats;
  for (const Inputs& known : known_inputs) {
    if (is_said(*inputs, known)) return known.activations;
  }
  add_unheeded("inputs", *inputs);
  return Activations::floats;
}

void ConfigGroups::add_unheeded(std::string_view what, const files::HfConfig& activations) {
  std::string text = fmt::format("{} of {} bits, {}", what, activations.integer("num_bits", 8),
                                 activations.text("type", "int"));
  if (std::ranges::find(unheeded_, text) == unheeded_.end()) unheeded_.push_back(std::move(text));
}

const WeightScheme* ConfigGroups::find(std::string_view module) const {
  const auto matches = [&](const ModulePattern& pattern) { return pattern.matches(module); };
  if (std::ranges::any_of(ignored_, matches)) return nullptr;
  const auto target = std::ranges::find_if(targets_, matches, &Target::pattern);
  return target == targets_.end() ? nullptr : &schemes_[target->scheme];
}

}  // namespace nybble::packing
