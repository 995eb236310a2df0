#include "adapters/lora_config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "files/hf_config.h"

namespace nybble::adapters {
namespace {

// Keys that are read, or that change nothing in what a finished adapter computes.
constexpr std::array known_keys = std::to_array<std::string_view>({"alpha_pattern",
                                                                   "auto_mapping",
                                                                   "base_model_name_or_path",
                                                                   "bias",
                                                                   "corda_config",
                                                                   "eva_config",
                                                                   "exclude_modules",
                                                                   "inference_mode",
                                                                   "init_lora_weights",
                                                                   "layers_pattern",
                                                                   "layers_to_transform",
                                                                   "lora_alpha",
                                                                   "lora_dropout",
                                                                   "megatron_core",
                                                                   "peft_type",
                                                                   "peft_version",
                                                                   "qalora_group_size",
                                                                   "r",
                                                                   "rank_pattern",
                                                                   "revision",
                                                                   "runtime_config",
                                                                   "target_modules",
                                                                   "task_type",
                                                                   "use_rslora"});

bool says_nothing(const Json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  return value.is_null() || ((value.is_string() || value.is_structured()) && value.empty());
}

// A setting that nybble does not know may change anything: DoRA, trained biases, blocks ...
void refuse_unknown(const Json& json, const std::string& where) {
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(known_keys, key) != known_keys.end() || says_nothing(value)) continue;
    fail(ErrorKind::unsupported,
         "{}: sets '{}' to {}, expected an adapter of plain matrices A and B; merge it into its "
         "model with PEFT (merge_and_unload), or train it without that",
         where, printable(key), printable(value.dump()));
  }
}

// Some ways to begin move part of the model's weights into the adapter, which then belongs to other
// weights than the model's.
void refuse_moved_weights(const files::HfConfig& config, const Json& json) {
  const auto value = json.find("init_lora_weights");
  if (value == json.end() || value->is_boolean() || value->is_null()) return;
  const std::string name = config.text("init_lora_weights", "");
  for (const std::string_view harmless : {"gaussian", "orthogonal", "eva"}) {
    if (name == harmless) return;
  }
  fail(ErrorKind::unsupported,
       "{}: init_lora_weights is '{}', which changes the weights of the model as well, expected "
       "true, gaussian, orthogonal or eva; convert the adapter with PEFT "
       "(save_pretrained(path_initial_model_for_weight_conversion=...))",
       config.where(), printable(name));
}

std::vector<std::string> targets_of(const files::HfConfig& config, const Json& json) {
  const auto value = json.find("target_modules");
  if (value == json.end() || !value->is_array()) return {};
  return config.texts("target_modules");
}

// PEFT takes regular expressions here; in practice they are ends of names.
std::vector<std::pair<std::string, double>> pattern_of(const Json& json, const char* key,
                                                       const std::string& where) {
  std::vector<std::pair<std::string, double>> patterns;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return patterns;
  if (!found->is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object '{}'", where, key);
  for (const auto& [name, value] : found->items()) {
    const bool is_plain = !name.empty() && std::ranges::all_of(name, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    });
    if (!is_plain) {
      fail(ErrorKind::unsupported,
           "{}: '{}' has the regular expression '{}', expected ends of names of modules such as "
           "q_proj",
           where, key, printable(name));
    }
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      fail(ErrorKind::corrupt_file, "{}: '{}' of '{}' is {}, expected a number", where, key,
           printable(name), printable(value.dump()));
    }
    patterns.emplace_back(name, value.get<double>());
  }
  return patterns;
}

double look_up(const std::vector<std::pair<std::string, double>>& patterns, double otherwise,
               std::string_view module) {
  const std::pair<std::string, double>* found = nullptr;
  for (const auto& pattern : patterns) {
    if (!names_module(pattern.first, module)) continue;
    if (found != nullptr && found->second != pattern.second) {
      fail(ErrorKind::unsupported,
           "adapter_config.json: '{}' and '{}' give {} different values; leave one", found->first,
           pattern.first, module);
    }
    found = &pattern;
  }
  return found == nullptr ? otherwise : found->second;
}

OrderedJson to_json(const std::vector<std::pair<std::string, double>>& patterns) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [name, value] : patterns) json[name] = value;
  return json;
}

}  // namespace

bool names_module(std::string_view end, std::string_view module) {
  return module.ends_with(end) &&
         (module.size() == end.size() || module[module.size() - end.size() - 1] == '.');
}

int LoraConfig::rank_of(std::string_view module) const {
  const double value = look_up(ranks, rank, module);
  return value >= 1 && value <= 1 << 30 && value == std::floor(value) ? static_cast<int>(value) : 0;
}

float LoraConfig::scale_of(std::string_view module) const {
  const double r = rank_of(module);
  return static_cast<float>(look_up(alphas, alpha, module) / (divides_by_root ? std::sqrt(r) : r));
}

LoraConfig parse_lora_config(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where);
  if (!json.is_object()) fail(ErrorKind::corrupt_file, "{}: expected an object", where);
  const files::HfConfig config(json, where);
  const std::string type = config.text("peft_type", "");
  if (type != "LORA") {
    fail(ErrorKind::unsupported, "{}: peft_type is '{}', expected LORA", where, printable(type));
  }
  refuse_unknown(json, where);
  const std::string bias = config.text("bias", "none");
  if (bias != "none") {
    fail(ErrorKind::unsupported,
         "{}: bias is '{}', expected 'none': nybble adds no trained biases; train without them",
         where, printable(bias));
  }
  refuse_moved_weights(config, json);
  LoraConfig lora;
  lora.rank = config.integer("r");
  if (lora.rank < 1) fail(ErrorKind::corrupt_file, "{}: r is 0, expected 1 or more", where);
  lora.alpha = config.number("lora_alpha");
  lora.divides_by_root = config.flag("use_rslora", false);
  lora.base = config.text("base_model_name_or_path", "");
  lora.targets = targets_of(config, json);
  lora.ranks = pattern_of(json, "rank_pattern", where);
  lora.alphas = pattern_of(json, "alpha_pattern", where);
  return lora;
}

OrderedJson write_lora_config(const LoraConfig& config) {
  OrderedJson ranks = OrderedJson::object();
  for (const auto& [name, value] : config.ranks) ranks[name] = static_cast<int>(value);
  const OrderedJson base = config.base.empty() ? OrderedJson() : OrderedJson(config.base);
  return {{"peft_type", "LORA"},
          {"task_type", "CAUSAL_LM"},
          {"base_model_name_or_path", base},
          {"r", config.rank},
          {"lora_alpha", config.alpha},
          {"target_modules", config.targets},
          {"rank_pattern", std::move(ranks)},
          {"alpha_pattern", to_json(config.alphas)},
          {"use_rslora", config.divides_by_root},
          {"use_dora", false},
          {"lora_dropout", 0.0},
          {"bias", "none"},
          {"fan_in_fan_out", false},
          {"init_lora_weights", true},
          {"inference_mode", true},
          {"modules_to_save", nullptr},
          {"layers_to_transform", nullptr},
          {"layers_pattern", nullptr}};
}

}  // namespace nybble::adapters
