// How the linears of a model are computed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nybble {

// exact: the weights as they decode, activations in float32. int8: activations of linears with
// small integer weights rounded to int8 in blocks of 32, for kernels of integers. run: as
// `nybble run` computes: int8, but what the checkpoint says of activations (W8A8, FP8) goes before.
// llm_int8: LLM.int8(), linears with weights of 16 bits rounded to int8 when they are loaded,
// activations to int8 but outliers.
enum class Compute { exact, run, int8, llm_int8 };

// "exact", "run", "int8", "llm-int8"
std::string_view compute_name(Compute compute);
std::optional<Compute> find_compute(std::string_view name);
std::span<const std::string_view> compute_names();

// Of the key-value cache: "f32", "f16", "bf16", "q8_0" or "q4_0". Empty: for keys f32 with
// Compute::exact, else f16; for values what keys have.
struct CacheTypes {
  std::string keys = {}, values = {};
};

}  // namespace nybble
