#include "api/plan_speed.h"

#include <algorithm>
#include <cmath>

namespace nybble::api {
namespace {

// What reading weights reaches of the bandwidth that reading alone has, in large models.
constexpr double read_share = 0.8;
// From this many times the largest small model on, caches hold nothing of a model.
constexpr double beyond_caches = 4;
// Shares of the measured peaks that prompts of 512 tokens reach, with their attention.
constexpr double cpu_integer_share = 0.33, cpu_float_share = 0.7;
// Of what makers state, as llama.cpp reaches it: an RTX 3090 generates 157 tokens/s with Llama 3 8B
// in Q4_0 (4.4 GB read: 0.73 of its bandwidth; its pull request 15802) and takes 3,491 tokens/s of
// prompts in Q6_K (0.79 of its products; 7860), an RTX 4090 5,876 in Q5_0 (0.57; 7716).
constexpr double stated_read_share = 0.7, stated_product_share = 0.55;
// Launching kernels; on CPUs, handing loops to threads.
constexpr double gpu_layer_seconds = 10e-6, unified_layer_seconds = 60e-6,
                 cpu_layer_seconds = 40e-6;

// A token of a long prompt; 0: unknown.
double prompt_seconds(const ModelPart& part, const Processor& processor) {
  if (processor.integer_products <= 0) return 0;
  return part.integer_products / processor.integer_products +
         part.float_products / processor.float_products;
}

// One token of each user.
double step_seconds(const ModelPart& part, double weight_bytes, double cache_bytes, int layers,
                    int users, const Processor& processor) {
  const double bytes = weight_bytes + users * cache_bytes;
  const double read = bytes / read_rate(processor, bytes);
  const double multiply = users * prompt_seconds(part, processor);
  return std::max(read, multiply) + layers * processor.layer_seconds +
         part.panels * processor.panel_seconds;
}

}  // namespace

// Between two sizes on a line over the logarithm of the size.
double read_rate(const Processor& processor, double bytes) {
  const std::vector<ReadRate>& small = processor.small_reads;
  if (small.empty()) return processor.bytes_per_second;
  ReadRate below = small.front();
  if (bytes <= below.bytes) return below.bytes_per_second;
  const auto between = [&](const ReadRate& above) {
    const double share = std::log(bytes / below.bytes) / std::log(above.bytes / below.bytes);
    return below.bytes_per_second + share * (above.bytes_per_second - below.bytes_per_second);
  };
  for (const ReadRate& above : small) {
    if (bytes < above.bytes) return between(above);
    below = above;
  }
  const ReadRate memory{beyond_caches * below.bytes, processor.bytes_per_second};
  return bytes < memory.bytes ? between(memory) : memory.bytes_per_second;
}

Processor processor_of(const MachineReport& machine) {
  return {.bytes_per_second = read_share * machine.read_bytes,
          .small_reads = machine.small_reads,
          .layer_seconds = 0,
          .panel_seconds = machine.panel_seconds,
          .integer_products = cpu_integer_share * machine.int8_macs,
          .float_products = cpu_float_share * machine.float_macs};
}

Processor processor_of(const Device& device) {
  const double products = stated_product_share * device.teraflops * 1e12 / 2;
  const double layer = device.kind == DeviceKind::gpu       ? gpu_layer_seconds
                       : device.kind == DeviceKind::unified ? unified_layer_seconds
                                                            : cpu_layer_seconds;
  return {.bytes_per_second = stated_read_share * device.gigabytes_per_second * 1e9,
          .layer_seconds = layer,
          .panel_seconds = 0,
          .integer_products = products,
          .float_products = products};
}

std::optional<PlannedSpeed> speed_of(const TypedModel& model, const ModelParts& parts,
                                     const PlanLoad& load, int gpu_layers, const Processor& cpu,
                                     const Processor& gpu) {
  const models::DecoderConfig& config = model.subject->config;
  const int on_gpu = std::min(gpu_layers, config.layers), on_cpu = config.layers - on_gpu;
  const bool uses_cpu = gpu_layers <= config.layers;
  if ((uses_cpu && cpu.bytes_per_second <= 0) || (gpu_layers > 0 && gpu.bytes_per_second <= 0))
    return std::nullopt;
  const ModelPart cpu_part = parts.read_on_cpu(gpu_layers),
                  gpu_part = parts.read_on_gpu(gpu_layers);
  // cache: of one user.
  const auto step = [&](double cache) {
    const double layer_cache = cache / config.layers;
    double seconds = 0;
    if (uses_cpu) {
      seconds += step_seconds(cpu_part, static_cast<double>(cpu_part.on_cpu), on_cpu * layer_cache,
                              on_cpu, load.users, cpu);
    }
    if (gpu_layers > 0) {
      seconds += step_seconds(gpu_part, static_cast<double>(gpu_part.stored), on_gpu * layer_cache,
                              on_gpu, load.users, gpu);
    }
    return seconds;
  };
  PlannedSpeed speed{
      .generation = 1 / step(0),
      .generation_full =
          1 / step(static_cast<double>(cache_bytes(config, load.context, load.cache)))};
  // Only the last token of a prompt needs the head.
  const double cpu_prompt = prompt_seconds(parts.layers_on_cpu(gpu_layers), cpu),
               gpu_prompt = prompt_seconds(parts.layers_on_gpu(gpu_layers), gpu);
  const bool known = (on_cpu == 0 || cpu_prompt > 0) && (on_gpu == 0 || gpu_prompt > 0);
  if (known) speed.prompt = 1 / (cpu_prompt + gpu_prompt);
  return speed;
}

}  // namespace nybble::api
