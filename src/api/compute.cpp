// The names of the ways to compute.
#include "nybble/compute.h"

#include <algorithm>
#include <array>

namespace nybble {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 4> names = {"exact", "run", "int8", "llm-int8"};

}  // namespace

std::string_view compute_name(Compute compute) {
  return names[static_cast<std::size_t>(compute)];
}

std::optional<Compute> find_compute(std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Compute>(found - names.begin());
}

std::span<const std::string_view> compute_names() {
  return names;
}

}  // namespace nybble
