// The list of layouts that are written. A new one is one file and one line here.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "packing/awq_gemm.h"
#include "packing/bitsandbytes.h"
#include "packing/compressed_tensors.h"
#include "packing/gptq.h"
#include "packing/target.h"

namespace nybble::packing {
namespace {

constexpr std::array kinds = {gptq_target, awq_target, compressed_tensors_target,
                              bitsandbytes_target};

}  // namespace

std::span<const TargetKind> targets() {
  return kinds;
}

std::shared_ptr<const Target> find_target(std::string_view name, FormatId model_type) {
  const std::size_t colon = name.find(':');
  if (colon == name.npos) return nullptr;
  const auto* kind = std::ranges::find(kinds, name.substr(0, colon), &TargetKind::name);
  if (kind != kinds.end()) {
    if (std::shared_ptr<Target> target = kind->make(name.substr(colon + 1))) {
      target->name_ = name;
      target->model_type_ = model_type;
      return target;
    }
    fail(ErrorKind::invalid_input, "'{}' is no layout of {}; expected one such as {}: {}", name,
         kind->name, kind->example, kind->about);
  }
  std::string known;
  for (const TargetKind& each : kinds) known += fmt::format(" {}", each.example);
  fail(ErrorKind::invalid_input, "'{}' is no type that nybble knows; layouts are such as{}", name,
       known);
}

}  // namespace nybble::packing
