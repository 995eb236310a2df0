#include "api/plan_target.h"

#include "base/error.h"
#include "cpu/host_memory.h"

namespace nybble::api {
namespace {

// Of a card's memory that programs can have: the rest is for checking bits and the driver.
constexpr double usable_vram = 0.97;

void use_this_machine(const PlanRequest& request, PlanTarget& target) {
  const std::optional<MachineReport> machine = kept_machine(request.threads);
  target.device = "this machine";
  if (!machine) {
    target.speed_basis =
        "no speeds: this machine was not measured; `nybble bench --machine` does it in seconds";
    return;
  }
  target.cpu = processor_of(*machine);
  target.device = fmt::format("{}, {} thread{}", machine->cpu.empty() ? "CPU" : machine->cpu,
                              machine->threads, machine->threads == 1 ? "" : "s");
  target.speed_basis = fmt::format(
      "measured by bench --machine: {:.1f} GB/s, {:.0f} G int8 products/s, {:.2f} us a panel",
      machine->read_bytes * 1e-9, machine->int8_macs * 1e-9, machine->panel_seconds * 1e6);
}

void use_gpu(const PlanRequest& request, const Device& device, PlanTarget& target) {
  const std::string given =
      fmt::format("{} ({:.0f} GB/s, {})", device.name, device.gigabytes_per_second, device.source);
  target.vram_bytes = request.vram_bytes > 0
                          ? request.vram_bytes
                          : static_cast<std::uint64_t>(device.gigabytes * usable_vram * (1 << 30));
  target.gpu = processor_of(device);
  target.device = given + " beside " + target.device;
  target.speed_basis =
      fmt::format("GPU: {}{}; CPU: {}", request.device.empty() ? "taken for an " : "", given,
                  target.cpu.bytes_per_second > 0 ? target.speed_basis
                                                  : "not measured (`nybble bench --machine`)");
}

}  // namespace

PlanTarget target_of(const PlanRequest& request) {
  PlanTarget target{.memory_bytes = request.memory_bytes > 0
                                        ? request.memory_bytes
                                        : std::uint64_t{cpu::available_host_memory()},
                    .device = {},
                    .speed_basis = {}};
  if (request.device.empty() && request.vram_bytes == 0) {
    use_this_machine(request, target);
    return target;
  }
  const Device& device =
      request.device.empty() ? device_with(request.vram_bytes) : device_named(request.device);
  if (device.kind == DeviceKind::gpu) {
    use_this_machine(request, target);
    use_gpu(request, device, target);
    return target;
  }
  if (request.memory_bytes == 0 || request.vram_bytes > 0) {
    fail(ErrorKind::invalid_input,
         "--device {}: it is sold with memory of several sizes, which CPU and GPU share; expected "
         "--memory, and no --vram",
         device.name);
  }
  target.cpu = processor_of(device);
  target.device = std::string(device.name);
  target.speed_basis = fmt::format("{} GB/s ({})", device.gigabytes_per_second, device.source);
  return target;
}
}  // namespace nybble::api
