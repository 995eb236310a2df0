// What quantizing would make of a model: a format for each tensor.
#pragma once

#include <vector>

#include "models/model_source.h"
#include "nybble/quantize.h"
#include "quantize/method.h"
#include "quantize/recipe.h"

namespace nybble {

const quantize::Method& method_of(const QuantizeRequest& request);

// What a recipe makes of a model: one choice for each tensor of the source.
struct Choices {
  const quantize::Recipe& recipe;
  std::vector<quantize::TensorFacts> tensors;
  std::vector<quantize::TypeChoice> types;
};

// Throws Error(invalid_input) for a type that there is not.
Choices choose(const models::ModelSource& source, const QuantizeRequest& request);
QuantizePlan make_plan(const models::ModelSource& source, const Choices& choices);

// A file that lost precision once should not lose it twice unnoticed.
void refuse_requantizing(const models::ModelSource& source, const Choices& choices);

// The file of each tensor in a split input; a tensor that nybble derives stays with the one before.
std::vector<std::size_t> input_shards(const models::ModelSource& source);

}  // namespace nybble
