// AWQ in the layout "gemm": qweight, qzeros and scales beside each other. Layout:
// docs/formats/awq.md
#pragma once

#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

std::unique_ptr<Scheme> open_awq(const files::Checkpoint& checkpoint,
                                 const files::HfConfig& config);
// "4b-g128", "4b-g64", "4b-g32": what stands behind "awq:". nullptr: no such layout.
std::unique_ptr<Target> make_awq(std::string_view options);

constexpr SchemeKind awq_kind{"awq", open_awq};
constexpr TargetKind awq_target{"awq", "awq:4b-g128", "groups 32, 64 or 128, with zero points",
                                make_awq};

}  // namespace nybble::packing
