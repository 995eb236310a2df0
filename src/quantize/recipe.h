// Recipes: which format each tensor of a model gets. The recipes themselves are data,
// src/api/recipes/*.recipe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/registry.h"
#include "quantize/method.h"
#include "quantize/recipe_condition.h"
#include "tensor/shape.h"

namespace nybble::quantize {

// "attn_v Q6_K if more_bits": the first rule of the tensor's role whose conditions all hold
// decides.
struct RecipeRule {
  std::string role;
  std::string format;
  Conditions conditions;
  std::string text;  // as the file has it
};

struct Recipe {
  std::vector<std::string> names;  // the first is the name, the others are aliases
  std::string about;               // one line for people
  int file_type = -1;              // general.file_type of a GGUF; -1: leave what the input says
  std::string format;              // of every matrix no rule speaks of; empty: as stored
  std::vector<RecipeRule> rules;

  const std::string& name() const { return names.front(); }
};

// All recipes, in the order of their names.
std::span<const Recipe> recipes();
// By name or alias, case-insensitive; nullptr when there is none.
const Recipe* find_recipe(std::string_view name);

struct ModelFacts {
  std::string architecture;  // name in GGUF: "llama"
  int layers = 0, heads = 0, kv_heads = 0;
  int experts = 0;          // 0: dense
  bool tied = false;        // the head is the embedding
  bool calibrated = false;  // quantized with an importance matrix
};

struct TensorFacts {
  std::string name;  // GGUF name
  Shape shape;
  FormatId stored{};
};

// What the user asks for beyond the recipe; the fields of QuantizeRequest.
struct Overrides {
  bool pure = false;  // every matrix in the recipe's format
  // Regular expression, searched in the name -> format; the first that matches wins.
  std::vector<std::pair<std::string, std::string>> tensor_types;
  std::string output_tensor_type;    // of the head; empty: the recipe's
  std::string token_embedding_type;  // of the embedding; empty: the recipe's
};

struct TypeChoice {
  FormatId format{};
  std::string reason;  // "recipe", "recipe: attn_v Q6_K if more_bits", "kept: 1-D", "fallback: ..."
  bool fallback = false;  // the recipe's format does not fit the rows
};

// One choice for each tensor, in the order given. Chooses what llama-quantize chooses, whatever the
// order of the tensors. Throws Error(invalid_input) for an override that names no format or is no
// regular expression.
std::vector<TypeChoice> choose_types(const Recipe& recipe, const ModelFacts& model,
                                     std::span<const TensorFacts> tensors,
                                     const Overrides& overrides = {});

// asked_by: who names the format, for the sentence of the Error(invalid_input) when there is none.
FormatId format_named(std::string_view name, std::string_view asked_by);

// Throws Error(unsupported) when a tensor would have to be written in a format that nybble only
// reads, or that the method does not write.
void check_writable(const Recipe& recipe, const Method& method,
                    std::span<const TensorFacts> tensors, std::span<const TypeChoice> choices);

}  // namespace nybble::quantize
