#include "api/plan_memory.h"

#include <algorithm>

#include "base/error.h"
#include "cpu/a8_block.h"
#include "cpu/kernels.h"
#include "cpu/kv_panels.h"
#include "cpu/run_format.h"
#include "cpu/weight_layout.h"
#include "formats/all.h"
#include "tensor/tensor.h"

namespace nybble::api {
namespace {

// Tokens of a prompt, and of logits, that run together (runtime::Session).
constexpr std::uint64_t batch = 512, head_batch = 64;
// The program with its libraries, and what a tokenizer takes of memory for each byte in a file:
// measured as the peak of runs with tale-6m and smollm2-80m.
constexpr std::uint64_t program_bytes = 17'000'000, tokenizer_factor = 9;
// What a driver of CUDA takes for itself.
constexpr std::uint64_t driver_bytes = std::uint64_t{400} << 20;

std::uint64_t positive(int n) {
  return static_cast<std::uint64_t>(n);
}

// Number of the layer; -1 outside them.
int layer_of(const std::string& name) {
  return name.starts_with("blk.") ? std::stoi(name.substr(4)) : -1;
}

ModelPart part_of(const TypedModel& model, std::size_t i, std::size_t& expand_bytes) {
  const Shape& shape = model.subject->tensors[i].shape;
  const std::uint64_t stored = model.tensor_bytes(i);
  const auto n = static_cast<std::uint64_t>(shape.count());
  if (shape.rank() != 2) return {n * sizeof(float), stored, 0, 0, 0};
  const FormatId format = model.formats[i];
  const bool integers = formats::info(format).block_len > 1 && cpu::run_format(format) != nullptr;
  const auto layout =
      cpu::choose_layout(format, shape.rows(), shape.cols(), integers, expand_bytes);
  const auto products = static_cast<double>(n);
  const bool is_paired = model.subject->tensors[i].name.ends_with("ffn_up.weight");
  const auto panels = static_cast<double>((shape.rows() + cpu::panel_rows - 1) / cpu::panel_rows);
  return {layout.bytes, stored, integers ? products : 0, integers ? 0 : products,
          is_paired ? 0 : panels};
}

// Buffers of a session and of the backend for a full batch.
std::uint64_t host_scratch(const models::DecoderConfig& c, const PlanLoad& load) {
  const std::uint64_t tokens = std::min(batch, positive(load.context)),
                      heads = std::min(head_batch, tokens);
  const std::uint64_t q = positive(c.heads) * positive(c.head_dim),
                      kv = positive(c.kv_heads) * positive(c.head_dim), dim = positive(c.dim),
                      hidden = positive(c.hidden);
  const std::uint64_t floats = 2 * dim + 2 * q + 2 * kv + hidden + 2 * positive(c.rope.rotary_dim);
  const std::uint64_t rounded = std::max({q, dim, hidden}) + 2 * dim;
  return tokens * (4 * floats + rounded * sizeof(cpu::A8Block) / cpu::a8_len) +
         2 * 4 * heads * positive(c.vocab);
}

// Logits of a batch and its residual stream in floats: what llama.cpp reserves.
std::uint64_t gpu_scratch(const models::DecoderConfig& c, int gpu_layers) {
  if (gpu_layers == 0) return 0;
  const bool has_head = gpu_layers > c.layers;
  return driver_bytes + 4 * batch * (positive(c.dim) + (has_head ? positive(c.vocab) : 0));
}

}  // namespace

std::uint64_t cache_bytes(const models::DecoderConfig& c, int context, CacheFormats types) {
  // Sizes of a hostile configuration could wrap around; 2^44 bytes times 2^16 users cannot.
  const double numbers = 2.0 * c.layers * c.kv_heads * c.head_dim * context;
  if (numbers * sizeof(float) > 0x1p44) {
    fail(ErrorKind::invalid_input,
         "a cache of {} positions in {} layers of {} heads of {} is more than any machine holds; "
         "take a smaller context",
         context, c.layers, c.kv_heads, c.head_dim);
  }
  const cpu::KvLayout *keys = cpu::find_kv_layout(types.keys),
                      *values = cpu::find_kv_layout(types.values);
  if (keys != nullptr && values != nullptr) {
    return cpu::KvPanels::bytes_of({c.layers, c.kv_heads, c.head_dim, context}, *keys, *values);
  }
  const std::int64_t width = std::int64_t{c.kv_heads} * c.head_dim;
  std::uint64_t bytes = 0;
  for (const FormatId type : {types.keys, types.values}) {
    const formats::FormatInfo& format = formats::info(type);
    if (width % format.block_len != 0) {
      fail(ErrorKind::invalid_input,
           "a cache in {}: its blocks of {} do not divide the {} values of a position; take F16",
           format.name, format.block_len, width);
    }
    bytes += positive(c.layers) * positive(context) * row_bytes(type, width);
  }
  return bytes;
}

void ModelPart::add(const ModelPart& other) {
  on_cpu += other.on_cpu;
  stored += other.stored;
  integer_products += other.integer_products;
  float_products += other.float_products;
  panels += other.panels;
}

ModelPart ModelParts::layers_on_cpu(int gpu_layers) const {
  ModelPart sum;
  for (int i = 0; i < static_cast<int>(layers.size()) - gpu_layers; ++i)
    sum.add(layers[static_cast<std::size_t>(i)]);
  return sum;
}

ModelPart ModelParts::layers_on_gpu(int gpu_layers) const {
  ModelPart sum;
  const int n = static_cast<int>(layers.size());
  for (int i = std::max(0, n - gpu_layers); i < n; ++i)
    sum.add(layers[static_cast<std::size_t>(i)]);
  return sum;
}

ModelPart ModelParts::read_on_cpu(int gpu_layers) const {
  ModelPart sum = layers_on_cpu(gpu_layers);
  if (gpu_layers <= static_cast<int>(layers.size())) sum.add(head);
  return sum;
}

ModelPart ModelParts::read_on_gpu(int gpu_layers) const {
  ModelPart sum = layers_on_gpu(gpu_layers);
  if (gpu_layers > static_cast<int>(layers.size())) sum.add(head);
  return sum;
}

std::uint64_t ModelParts::held_on_cpu(int gpu_layers) const {
  const bool head_is_here = gpu_layers <= static_cast<int>(layers.size());
  return read_on_cpu(gpu_layers).on_cpu + (tied && head_is_here ? 0 : embedding.on_cpu);
}

ModelParts parts_of(const TypedModel& model, std::uint64_t memory_bytes) {
  const PlanSubject& subject = *model.subject;
  std::uint64_t stored = 0;
  for (std::size_t i = 0; i < model.formats.size(); ++i) stored += model.tensor_bytes(i);
  // As runtime::LoadedModel: the other half is for the cache and everyone else.
  std::size_t expand_bytes = memory_bytes > stored ? (memory_bytes - stored) / 2 : 0;
  ModelParts parts;
  parts.tied = subject.config.tied;
  parts.layers.resize(static_cast<std::size_t>(subject.config.layers));
  for (std::size_t i = 0; i < model.formats.size(); ++i) {
    const std::string& name = subject.tensors[i].name;
    const int layer = layer_of(name);
    ModelPart& part = layer >= 0                    ? parts.layers[static_cast<std::size_t>(layer)]
                      : name == "token_embd.weight" ? parts.embedding
                                                    : parts.head;
    part.add(part_of(model, i, expand_bytes));
  }
  if (parts.tied) parts.head.add(parts.embedding);
  return parts;
}

PlannedMemory memory_of(const TypedModel& model, const ModelParts& parts, const PlanLoad& load,
                        int gpu_layers) {
  const models::DecoderConfig& config = model.subject->config;
  const std::uint64_t cache = positive(load.users) * cache_bytes(config, load.context, load.cache);
  const std::uint64_t on_gpu =
      cache / positive(config.layers) * positive(std::min(gpu_layers, config.layers));
  return {.weights = parts.held_on_cpu(gpu_layers),
          .cache = cache - on_gpu,
          .scratch = host_scratch(config, load),
          .program = program_bytes + tokenizer_factor * model.subject->tokenizer_bytes,
          .gpu_weights = parts.read_on_gpu(gpu_layers).stored,
          .gpu_cache = on_gpu,
          .gpu_scratch = gpu_scratch(config, gpu_layers)};
}

int layers_on_gpu(const TypedModel& model, const ModelParts& parts, const PlanLoad& load,
                  std::uint64_t vram_bytes) {
  int n = vram_bytes == 0 ? 0 : model.subject->config.layers + 1;
  while (n > 0 && memory_of(model, parts, load, n).gpu() > vram_bytes) --n;
  return n;
}

}  // namespace nybble::api
