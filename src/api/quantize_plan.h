// What a request makes of a model: the type of every tensor and how the file is put together.
#pragma once

#include <cstdint>
#include <vector>

#include "api/opened_model.h"
#include "nybble/quantize.h"
#include "packing/target.h"
#include "quantize/method.h"
#include "quantize/recipe.h"

namespace nybble {

const quantize::Method& method_of(const QuantizeRequest& request);
// Throws Error(invalid_input) naming those that there are.
const quantize::Recipe& recipe_named(const std::string& name);

// What a recipe makes of a model: one choice for each tensor of the source.
struct Choices {
  const quantize::Recipe& recipe;
  std::vector<quantize::TensorFacts> tensors;
  std::vector<quantize::TypeChoice> types;
  // Of linears, for a directory that other programs load; nullptr: a GGUF. Those of the format
  // layout->format() are written so.
  std::shared_ptr<const packing::Target> layout = nullptr;

  std::string name() const { return layout == nullptr ? recipe.name() : layout->name(); }
};

// Bytes that the output may have; 0: no target.
std::uint64_t target_bytes(const models::ModelSource& source, const QuantizeRequest& request);
inline bool has_target(const QuantizeRequest& request) {
  return request.target_bytes > 0 || request.target_bpw > 0;
}

Choices choose(const models::ModelSource& source, const QuantizeRequest& request);
// Of a tensor of the source, among those chosen for all.
FormatId type_of(const models::SourceTensor& tensor, const models::ModelSource& source,
                 std::span<const quantize::TypeChoice> types);
QuantizePlan make_plan(const models::ModelSource& source, const Choices& choices);

// A file that lost precision once should not lose it twice unnoticed: throws Error(invalid_input).
void refuse_requantizing(const models::ModelSource& source, const Choices& choices);

// The file of each tensor in a split input; a tensor that nybble derives stays with the one before.
std::vector<std::size_t> input_shards(const models::ModelSource& source);

}  // namespace nybble
