// What a planned model takes of memory, and how much of it a GPU holds.
#pragma once

#include <vector>

#include "api/plan_bytes.h"
#include "nybble/plan.h"

namespace nybble::api {

struct CacheFormats {
  FormatId keys{}, values{};
};

// Users that each have a cache of so many positions.
struct PlanLoad {
  int context = 0, users = 1;
  CacheFormats cache;
};

// Bytes of the cache of one user. Throws Error(invalid_input) when blocks of a type do not divide
// the keys of a position.
std::uint64_t cache_bytes(const models::DecoderConfig& config, int context, CacheFormats types);

// The weights of a part of the model. What they take: in the layout in which the CPU runs them, and
// as stored, which is how a GPU is taken to keep them.
struct ModelPart {
  std::uint64_t on_cpu = 0, stored = 0;
  // A token: with weights of integers, and with those that are multiplied as floats.
  double integer_products = 0, float_products = 0;
  double panels = 0;  // of 32 rows; the CPU takes those of gate and up in pairs

  void add(const ModelPart& other);
};
struct ModelParts {
  std::vector<ModelPart> layers;
  ModelPart head;       // what the logits are computed with, the embedding where it is tied
  ModelPart embedding;  // one row of it is read for each token
  bool tied = false;

  // The layers on the CPU and those on the GPU, when the GPU has the last `gpu_layers`, of which
  // the head is the very last, as -ngl counts.
  ModelPart layers_on_cpu(int gpu_layers) const;
  ModelPart layers_on_gpu(int gpu_layers) const;
  // The same with the head.
  ModelPart read_on_cpu(int gpu_layers) const;
  ModelPart read_on_gpu(int gpu_layers) const;
  // Of the weights on the CPU, with the embedding, which stays there for its rows.
  std::uint64_t held_on_cpu(int gpu_layers) const;
};
// memory_bytes: what the CPU may use, which decides whether formats without kernels are decoded.
ModelParts parts_of(const TypedModel& model, std::uint64_t memory_bytes);

// As many layers on the GPU as fit (all of them count one more than the model has, as -ngl does).
int layers_on_gpu(const TypedModel& model, const ModelParts& parts, const PlanLoad& load,
                  std::uint64_t vram_bytes);
PlannedMemory memory_of(const TypedModel& model, const ModelParts& parts, const PlanLoad& load,
                        int gpu_layers);

}  // namespace nybble::api
