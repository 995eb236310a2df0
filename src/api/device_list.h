// Known GPUs and CPUs: what their makers state of memory and products.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nybble::api {

// gpu: memory of its own, beside that of the CPU. unified: a GPU that works in the memory of the
// CPU. cpu: computes itself.
enum class DeviceKind { gpu, unified, cpu };

struct Device {
  std::string_view name;
  DeviceKind kind;
  double gigabytes;  // 10^9 bytes for GPUs as sold; 0: as built
  double gigabytes_per_second;
  double teraflops;  // of 16-bit floats, dense, sums in 32 bits; 0: not stated
  std::string_view source;
};

std::span<const Device> devices();
// Case-insensitive, without regard for spaces and hyphens; a name may lack its maker and other
// leading words ("4090"). Throws Error(invalid_input) naming what is known.
const Device& device_named(std::string_view name);
// The GPU with least memory of those that have so much, the slowest for desktops first; else the
// one with most. It stands for a GPU of which nothing else is known.
const Device& device_with(std::uint64_t vram_bytes);
std::string_view kind_name(DeviceKind kind);

}  // namespace nybble::api
