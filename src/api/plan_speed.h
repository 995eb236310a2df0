// How fast a planned model will run.
#pragma once

#include <optional>

#include "api/device_list.h"
#include "api/plan_memory.h"
#include "nybble/machine.h"

namespace nybble::api {

// What models reach of what a machine can do. Zero: unknown.
struct Processor {
  double bytes_per_second = 0;             // of weights and cache, one token after the other
  std::vector<ReadRate> small_reads = {};  // where caches help, the smallest first
  // Of a token beside reading: in a layer, and for each panel of 32 rows.
  double layer_seconds = 0, panel_seconds = 0;
  // Of prompts, with weights of integers and with those of floats.
  double integer_products = 0, float_products = 0;
};
// What it reads a second of so many bytes, over and over.
double read_rate(const Processor& processor, double bytes);
Processor processor_of(const MachineReport& machine);
Processor processor_of(const Device& device);

// A token takes the time to read the weights, once for all users, and the cache of each, or to
// multiply for all users, whichever is longer; and something for each layer and panel. Nothing when
// a part of the model runs on a processor of which nothing is known.
std::optional<PlannedSpeed> speed_of(const TypedModel& model, const ModelParts& parts,
                                     const PlanLoad& load, int gpu_layers, const Processor& cpu,
                                     const Processor& gpu);

}  // namespace nybble::api
