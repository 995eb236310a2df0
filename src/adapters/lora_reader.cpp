// From the files of PEFT to matrices in the order of the model.
#include <algorithm>
#include <cmath>
#include <map>

#include "adapters/lora_adapter.h"
#include "adapters/lora_config.h"
#include "adapters/modules.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "files/safetensors.h"

namespace nybble::adapters {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_config_bytes = std::size_t{16} << 20;
constexpr std::string_view a_suffix = ".lora_A.weight", b_suffix = ".lora_B.weight";

struct Pair {
  const files::NamedTensor *a = nullptr, *b = nullptr;
};
using Pairs = std::map<std::string, Pair, std::less<>>;  // by the name of the module

void check_files(const fs::path& directory) {
  const auto is_there = [&](std::string_view name) { return fs::exists(directory / name); };
  if (is_there(config_file_name) && is_there(weights_file_name)) return;
  if (is_there("adapter_model.bin") && !is_there(weights_file_name)) {
    fail(ErrorKind::unsupported,
         "{}: holds the adapter as a Python pickle (adapter_model.bin), which can run any code "
         "when opened and which nybble does not read; save it with PEFT as safetensors "
         "(save_pretrained)",
         directory.string());
  }
  fail(ErrorKind::io, "{}: has no {}; an adapter is a directory with {} and {}, as PEFT saves it",
       directory.string(), is_there(config_file_name) ? weights_file_name : config_file_name,
       config_file_name, weights_file_name);
}

// A and B by module. Anything else in the file computes something else.
Pairs pairs_of(const std::vector<files::NamedTensor>& tensors, const std::string& where) {
  Pairs pairs;
  for (const files::NamedTensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    const bool is_a = name.ends_with(a_suffix), is_b = name.ends_with(b_suffix);
    if (!name.starts_with(module_prefix) || !(is_a || is_b)) {
      fail(ErrorKind::unsupported,
           "{}: tensor '{}' is no matrix of low rank, expected names such as "
           "{}model.layers.0.self_attn.q_proj.lora_A.weight; biases, embeddings, magnitudes of "
           "DoRA and whole modules are not read",
           where, printable(name), module_prefix);
    }
    const std::size_t start = module_prefix.size(), end = name.size() - a_suffix.size();
    if (end <= start) {
      fail(ErrorKind::corrupt_file, "{}: tensor '{}' names no module", where, printable(name));
    }
    Pair& pair = pairs[std::string(name.substr(start, end - start))];
    (is_a ? pair.a : pair.b) = &tensor;
  }
  if (pairs.empty())
    fail(ErrorKind::corrupt_file, "{}: holds no tensors, expected pairs of lora_A and lora_B",
         where);
  return pairs;
}

// Values [rows, cols] of a matrix that has to have this shape.
std::vector<float> read_matrix(const files::NamedTensor& tensor, const Shape& shape,
                               const std::string& where) {
  const std::string_view type = formats::info(tensor.data.format).name;
  if (type != "F32" && type != "F16" && type != "BF16") {
    fail(ErrorKind::unsupported, "{}: tensor '{}' is {}, expected F32, F16 or BF16", where,
         printable(tensor.name, 200), type);
  }
  if (tensor.data.shape != shape) {
    fail(ErrorKind::corrupt_file,
         "{}: tensor '{}' is {}, expected {} from the rank and the model; is the adapter of "
         "another model?",
         where, printable(tensor.name, 200), tensor.data.shape.to_string(), shape.to_string());
  }
  std::vector<float> values(static_cast<std::size_t>(shape.count()));
  tensor.data.decode_rows(0, shape.rows(), values.data());
  const auto bad = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    const auto i = bad - values.begin();
    fail(ErrorKind::corrupt_file, "{}: tensor '{}' has {} at [{}, {}], expected finite numbers",
         where, printable(tensor.name, 200), *bad, i / shape.cols(), i % shape.cols());
  }
  return values;
}

models::LowRank read_pair(const Module& module, const Pair& pair, const LoraConfig& config,
                          const std::string& where) {
  if (pair.a == nullptr || pair.b == nullptr) {
    fail(ErrorKind::corrupt_file, "{}: {} has {} and no {}, expected both", where, module.name,
         pair.a != nullptr ? "lora_A" : "lora_B", pair.a != nullptr ? "lora_B" : "lora_A");
  }
  models::LowRank part;
  part.linear = module.linear;
  part.rank = config.rank_of(module.name);
  part.scale = config.scale_of(module.name);
  if (part.rank < 1 || !std::isfinite(part.scale)) {
    fail(ErrorKind::corrupt_file,
         "{}: {} has the rank {} and the scale {} by {}, expected 1 or more and a finite number",
         where, module.name, part.rank, part.scale, config_file_name);
  }
  const std::int64_t rows = module.weight.source->shape.rows(),
                     cols = module.weight.source->shape.cols(), rank = part.rank;
  part.a = read_matrix(*pair.a, {rank, cols}, where);
  const std::vector<float> b = read_matrix(*pair.b, {rows, rank}, where);
  part.b.resize(b.size());
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy_n(b.begin() + r * rank, rank, part.b.begin() + module.weight.source_row(r) * rank);
  return part;
}

// PEFT gives low-rank parts to the modules of the list, and to no others.
void check_targets(const LoraConfig& config, const Pairs& pairs, const std::string& where) {
  if (config.targets.empty()) return;
  for (const auto& [module, pair] : pairs) {
    const bool is_listed = std::ranges::any_of(
        config.targets, [&](const auto& target) { return names_module(target, module); });
    if (is_listed) continue;
    fail(ErrorKind::corrupt_file,
         "{}: has matrices for {}, which target_modules of {} does not list", where, module,
         config_file_name);
  }
  for (const std::string& target : config.targets) {
    const bool is_there = std::ranges::any_of(
        pairs, [&](const auto& pair) { return names_module(target, pair.first); });
    if (is_there) continue;
    fail(ErrorKind::corrupt_file, "{}: has no matrices for '{}', which target_modules of {} lists",
         where, printable(target), config_file_name);
  }
}

void check_modules(const Pairs& pairs, const std::vector<Module>& modules,
                   const models::ModelSource& model, const std::string& where) {
  for (const auto& [name, pair] : pairs) {
    if (std::ranges::any_of(modules, [&](const Module& module) { return module.name == name; }))
      continue;
    const bool is_tied_head = name == "lm_head" && model.config.tied;
    fail(is_tied_head ? ErrorKind::unsupported : ErrorKind::corrupt_file,
         "{}: has matrices for {}, {}", where, printable(name),
         is_tied_head ? "which this model ties to its embedding; train without lm_head"
                      : "expected linears of the model such as " + modules.front().name +
                            "; is the adapter of another model?");
  }
}

}  // namespace

LoraAdapter parse_lora(std::string_view config_text, std::span<const std::byte> weights,
                       const fs::path& directory, const models::ModelSource& model) {
  const LoraConfig config = parse_lora_config(config_text, (directory / config_file_name).string());
  const std::string where = (directory / weights_file_name).string();
  const files::SafetensorsFile file = files::parse_safetensors(weights, where);
  const Pairs pairs = pairs_of(file.tensors, where);
  const std::vector<Module> modules = modules_of(model);
  check_modules(pairs, modules, model, where);
  check_targets(config, pairs, where);
  LoraAdapter adapter;
  adapter.rank = config.rank;
  adapter.alpha = static_cast<float>(config.alpha);
  adapter.base = config.base;
  for (const Module& module : modules) {
    const auto pair = pairs.find(module.name);
    if (pair != pairs.end())
      adapter.parts.push_back(read_pair(module, pair->second, config, where));
  }
  return adapter;
}

LoraAdapter read_lora(const fs::path& directory, const models::ModelSource& model) {
  check_files(directory);
  const MappedFile mapping(directory / weights_file_name);
  return parse_lora(read_text_file(directory / config_file_name, max_config_bytes), mapping.bytes(),
                    directory, model);
}

}  // namespace nybble::adapters
