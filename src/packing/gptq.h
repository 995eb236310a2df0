// GPTQ: qweight, qzeros, scales and g_idx beside each other. Layout: docs/formats/gptq.md
#pragma once

#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

std::unique_ptr<Scheme> open_gptq(const files::Checkpoint& checkpoint,
                                  const files::HfConfig& config);
// "4b-g128", "3b-g64", "4b-g128-asym", "4b" (a scale a row): what stands behind "gptq:". nullptr:
// no such layout.
std::unique_ptr<Target> make_gptq(std::string_view options);

constexpr SchemeKind gptq_kind{"gptq", open_gptq};
constexpr TargetKind gptq_target{
    "gptq", "gptq:4b-g128",
    "bits 2, 3, 4 or 8; groups 32, 64, 128 or none (a scale a row); -asym for zero points",
    make_gptq};

}  // namespace nybble::packing
