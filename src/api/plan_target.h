// What a plan is for: a machine, how much of its memory, and what is known of its speed.
#pragma once

#include "api/plan_speed.h"

namespace nybble::api {

struct PlanTarget {
  std::uint64_t memory_bytes = 0, vram_bytes = 0;
  Processor cpu = {}, gpu = {};
  std::string device, speed_basis;  // for people
};

// Throws Error(invalid_input) for a device that is unknown or lacks the size of its memory.
PlanTarget target_of(const PlanRequest& request);

}  // namespace nybble::api
