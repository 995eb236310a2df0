// From matrices in the order of the model to the files of PEFT.
#include <algorithm>
#include <cmath>
#include <map>

#include "adapters/lora_adapter.h"
#include "adapters/lora_config.h"
#include "adapters/modules.h"
#include "base/error.h"
#include "files/output_directory.h"
#include "files/safetensors.h"

namespace nybble::adapters {
namespace {

struct PlannedPart {
  const models::LowRank* part = nullptr;
  const Module* module = nullptr;
};

void check_part(const models::LowRank& part, const Module& module) {
  const auto rows = static_cast<std::size_t>(module.weight.source->shape.rows()),
             cols = static_cast<std::size_t>(module.weight.source->shape.cols()),
             rank = static_cast<std::size_t>(std::max(part.rank, 0));
  if (rank > 0 && part.a.size() == rank * cols && part.b.size() == rows * rank &&
      std::isfinite(part.scale))
    return;
  fail(ErrorKind::invalid_input,
       "the adapter's part of '{}' has {} values of A and {} of B for the rank {} and the scale "
       "{}, expected [rank, {}] and [{}, rank]",
       part.linear, part.a.size(), part.b.size(), part.rank, part.scale, cols, rows);
}

// In the order of the model's tensors, whatever that of the adapter.
std::vector<PlannedPart> plan_parts(const LoraAdapter& adapter,
                                    const std::vector<Module>& modules) {
  std::vector<PlannedPart> planned;
  for (const Module& module : modules) {
    for (const models::LowRank& part : adapter.parts) {
      if (part.linear != module.linear) continue;
      check_part(part, module);
      planned.push_back({&part, &module});
    }
  }
  if (planned.size() != adapter.parts.size() || planned.empty()) {
    fail(ErrorKind::invalid_input,
         "the adapter has {} parts, of which {} are of linears of the model; expected all, and at "
         "least one",
         adapter.parts.size(), planned.size());
  }
  return planned;
}

// "q_proj" when all layers have it, else the whole name: PEFT gives parts to all modules that the
// list names.
std::vector<std::string> targets_of(const std::vector<PlannedPart>& parts,
                                    const std::vector<Module>& modules) {
  const auto kind_of = [](const Module& module) {
    return module.name.substr(module.name.rfind('.') + 1);
  };
  std::map<std::string, std::size_t> in_model, in_adapter;
  for (const Module& module : modules) ++in_model[kind_of(module)];
  for (const PlannedPart& part : parts) ++in_adapter[kind_of(*part.module)];
  std::vector<std::string> targets;
  for (const PlannedPart& part : parts) {
    const std::string kind = kind_of(*part.module);
    const std::string& name = in_adapter[kind] == in_model[kind] ? kind : part.module->name;
    if (std::ranges::find(targets, name) == targets.end()) targets.push_back(name);
  }
  return targets;
}

bool is_close(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::fabs(b);
}

LoraConfig config_of(const LoraAdapter& adapter, const std::vector<PlannedPart>& parts,
                     const std::vector<Module>& modules) {
  LoraConfig config;
  config.rank = adapter.rank;
  config.alpha = adapter.alpha;
  config.base = adapter.base;
  config.targets = targets_of(parts, modules);
  for (const PlannedPart& planned : parts) {
    const models::LowRank& part = *planned.part;
    const double alpha = double{part.scale} * part.rank;
    if (part.rank != adapter.rank) config.ranks.emplace_back(planned.module->name, part.rank);
    if (!is_close(alpha, adapter.alpha)) config.alphas.emplace_back(planned.module->name, alpha);
  }
  return config;
}

// Rows of B as Hugging Face orders them.
std::vector<float> hf_rows(const PlannedPart& planned) {
  const std::vector<float>& b = planned.part->b;
  const std::int64_t rank = planned.part->rank, rows = planned.module->weight.source->shape.rows();
  std::vector<float> ordered(b.size());
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy_n(b.begin() + planned.module->weight.source_row(r) * rank, rank,
                ordered.begin() + r * rank);
  return ordered;
}

std::vector<std::byte> encode(std::span<const float> values, FormatId type,
                              const std::string& name) {
  const formats::FormatInfo& format = formats::info(type);
  std::vector<std::byte> bytes(values.size() * static_cast<std::size_t>(format.block_bytes));
  std::vector<float> back(values.size());
  format.encode(values.data(), nullptr, values.size(), bytes.data());
  format.decode(bytes.data(), values.size(), back.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(back[i])) continue;
    fail(ErrorKind::invalid_input, "tensor '{}' has {} at place {}, expected finite numbers in {}",
         name, values[i], i, format.name);
  }
  return bytes;
}

void check_type(FormatId type) {
  const std::string_view name = formats::info(type).name;
  if (name != "F32" && name != "F16" && name != "BF16")
    fail(ErrorKind::invalid_input, "an adapter of {}; expected F32, F16 or BF16", name);
}

}  // namespace

void write_lora(const std::filesystem::path& directory, const LoraAdapter& adapter,
                const models::ModelSource& model, FormatId type, bool replace) {
  check_type(type);
  const std::vector<Module> modules = modules_of(model);
  const std::vector<PlannedPart> parts = plan_parts(adapter, modules);
  std::vector<files::TensorPlan> tensors;
  for (const PlannedPart& planned : parts) {
    const Shape& shape = planned.module->weight.source->shape;
    const std::string name = std::string(module_prefix) + planned.module->name;
    tensors.push_back({name + ".lora_A.weight", type, {planned.part->rank, shape.cols()}});
    tensors.push_back({name + ".lora_B.weight", type, {shape.rows(), planned.part->rank}});
  }
  files::OutputDirectory output(directory);
  files::PlacedWriter writer(
      files::place_safetensors(output.path() / weights_file_name, {{"format", "pt"}}, tensors),
      replace);
  writer.add_file(output.path() / config_file_name,
                  write_lora_config(config_of(adapter, parts, modules)).dump(2) + "\n");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    writer.write(encode(parts[i].part->a, type, tensors[2 * i].name));
    writer.write(encode(hf_rows(parts[i]), type, tensors[2 * i + 1].name));
  }
  writer.finish();
  output.keep();
}

}  // namespace nybble::adapters
