// Which type of which model fits a machine, how fast it will be, and what it loses: foretold from
// the model's configuration, before anything is downloaded or quantized.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nybble {

struct PlanRequest {
  // Each a name of known_models(), a Hugging Face directory (its config.json is enough), a
  // config.json or a GGUF file. What exists here is a path.
  std::vector<std::string> models;
  std::vector<std::string> types;  // recipes, "Q4_K_M"; empty: a choice from F16 to IQ2_XXS
  int context = 0;                 // positions of each user; 0: 8192, or fewer where a model ends
  int users = 1;                   // that generate at the same time, each with a cache of its own
  // Formats of the cache, "q8_0"; empty: F16, as `nybble run` has it. The values' follow the keys'.
  std::string key_type, value_type;
  std::uint64_t memory_bytes = 0;  // that the CPU may use; 0: what this machine has available
  std::uint64_t vram_bytes = 0;    // of a GPU beside it; 0: the device's, or no GPU
  std::string device;              // a name of known_devices(); empty: this machine
  int threads = 0;                 // of this machine; 0: one per core
  std::filesystem::path page;      // an HTML page to write; empty: none
  bool force = false;              // replace an existing page
};

// Bytes. A number of what is on the CPU, unless it says otherwise.
struct PlannedMemory {
  std::uint64_t weights = 0, cache = 0, scratch = 0, program = 0;
  std::uint64_t gpu_weights = 0, gpu_cache = 0, gpu_scratch = 0;

  std::uint64_t host() const { return weights + cache + scratch + program; }
  std::uint64_t gpu() const { return gpu_weights + gpu_cache + gpu_scratch; }
};

// Tokens a second that one user sees.
struct PlannedSpeed {
  double generation = 0;       // after a short prompt
  double generation_full = 0;  // when the context is nearly full
  double prompt = 0;
};

struct PlanChoice {
  std::string model, type;
  std::uint64_t file_bytes = 0;
  double bits_per_weight = 0;  // of the whole file
  int context = 0;
  PlannedMemory memory;
  // The most that the system will call resident: a file is mapped while it is loaded.
  std::uint64_t peak_resident_bytes = 0;
  int gpu_layers = 0;  // as -ngl counts: the head is one more than the layers
  bool fits = false;
  std::uint64_t missing_bytes = 0;    // how much more memory it would take; 0: it fits
  std::optional<PlannedSpeed> speed;  // nothing: the machine was not measured
  // Mean KL divergence of Llama 3 8B in this type, nats a token (known_losses); nothing: unknown.
  std::optional<double> typical_divergence;
};

struct PlannedModel {
  std::string name, source;  // source: "built-in list", "config.json", "gguf"
  std::string architecture;
  std::uint64_t parameters = 0;
  int layers = 0, context = 0;  // context: the model's own
  std::uint64_t cache_bytes_per_token = 0;
};

struct PlanReport {
  std::string device;       // "AMD EPYC ..., 2 threads, 24.1 GB/s" or "RTX 4090, 1008 GB/s"
  std::string speed_basis;  // how speeds were foretold, or why they were not
  std::uint64_t memory_bytes = 0, vram_bytes = 0;
  int users = 1;
  std::string key_type, value_type;
  std::vector<PlannedModel> models;
  std::vector<PlanChoice> choices;  // by model as asked for, then by size, largest first
  // Into choices: the largest model that fits with 4 bits a weight or more, in the largest such
  // type; else whatever fits and loses least. Nothing: nothing fits.
  std::optional<std::size_t> recommended;
  std::string version;
};

// Reads configurations and headers only. Throws Error.
PlanReport plan(const PlanRequest& request);

struct KnownModel {
  std::string name, aliases;
};
std::vector<KnownModel> known_models();

struct DeviceSummary {
  std::string name, kind;          // kind: "gpu", "unified", "cpu"
  std::uint64_t memory_bytes = 0;  // 0: as built
  double bandwidth = 0;            // bytes a second, as the maker states
  double products = 0;             // 16-bit multiply-adds a second, dense; 0: not stated
  std::string source;
};
std::vector<DeviceSummary> known_devices();

// The page of a plan: HTML with everything inside.
std::string plan_page(const PlanReport& report);

}  // namespace nybble
