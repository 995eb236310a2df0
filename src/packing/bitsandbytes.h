// bitsandbytes: weights in 4 bits whose scales may be quantized in turn, or in 8 bits with a scale
// a row. Layout: docs/formats/bitsandbytes.md
#pragma once

#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

std::unique_ptr<Scheme> open_bitsandbytes(const files::Checkpoint& checkpoint,
                                          const files::HfConfig& config);
// "nf4", "fp4", "nf4-dq", "fp4-dq", "int8": what stands behind "bnb:". nullptr: no such layout.
std::unique_ptr<Target> make_bitsandbytes(std::string_view options);

constexpr SchemeKind bitsandbytes_kind{"bitsandbytes", open_bitsandbytes};
constexpr TargetKind bitsandbytes_target{
    "bnb", "bnb:nf4", "nf4, fp4, nf4-dq, fp4-dq (scales quantized, too) or int8 (a scale a row)",
    make_bitsandbytes};

}  // namespace nybble::packing
