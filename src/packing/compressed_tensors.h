// compressed-tensors, the format of LLM Compressor and vLLM, and "fp8", that of DeepSeek and Qwen.
// Layouts: docs/formats/compressed_tensors.md
#pragma once

#include "packing/scheme.h"
#include "packing/target.h"

namespace nybble::packing {

std::unique_ptr<Scheme> open_compressed_tensors(const files::Checkpoint& checkpoint,
                                                const files::HfConfig& config);
std::unique_ptr<Scheme> open_fp8(const files::Checkpoint& checkpoint,
                                 const files::HfConfig& config);
// "w4a16-g128", "w8a16", "w8a8-int8", "fp8", "fp8-block", "mxfp4", "nvfp4": what stands behind
// "ct:". nullptr: no such layout.
std::unique_ptr<Target> make_compressed_tensors(std::string_view options);

constexpr SchemeKind compressed_tensors_kind{"compressed-tensors", open_compressed_tensors};
constexpr SchemeKind fp8_kind{"fp8", open_fp8};
constexpr TargetKind compressed_tensors_target{
    "ct", "ct:w4a16-g128",
    "compressed-tensors: w4a16 or w8a16 in groups 32, 64 or 128, -asym for zero points; w8a16, "
    "w8a8-int8, fp8, fp8-block, mxfp4, nvfp4",
    make_compressed_tensors};

}  // namespace nybble::packing
